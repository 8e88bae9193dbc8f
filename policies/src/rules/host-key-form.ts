import { permitKeyForm } from "../schema/fields.ts";
import { fileStart, type Rule } from "./rule.ts";

/** The folder's name is the key of the host's settings in Permit. */
export const hostKeyForm: Rule = {
  id: "host-key-form",
  *check({ dir, key }) {
    if (permitKeyForm.test(key)) return;
    yield {
      at: fileStart(dir),
      message: `The folder name ${JSON.stringify(key)} can't be the key of a host.`,
      hint: "use A-Z, a-z, 0-9, - and _ only",
    };
  },
};
