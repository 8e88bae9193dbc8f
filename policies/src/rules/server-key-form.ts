import { permitKeyForm } from "../schema/fields.ts";
import { fileStart, type Rule } from "./rule.ts";

/** A server's key is a resource type in Permit and a path segment of the gateway's URLs. */
export const serverKeyForm: Rule = {
  id: "server-key-form",
  *check({ servers }) {
    for (const { key, file } of servers) {
      if (permitKeyForm.test(key)) continue;
      yield {
        at: fileStart(file),
        message: `The file name makes ${JSON.stringify(key)} the server's key, which Permit does not accept.`,
        hint: "name the file with A-Z, a-z, 0-9, - and _ only, then .yaml",
      };
    }
  },
};
