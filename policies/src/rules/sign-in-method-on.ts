import { signInMethods } from "../schema/sign-in.ts";
import type { Rule } from "./rule.ts";

/** A host on which nobody can sign in is a mistake, and found before it is deployed. */
export const signInMethodOn: Rule = {
  id: "sign-in-method-on",
  *check({ host }) {
    if (host === undefined || signInMethods.some((method) => host.value.signIn[method]?.enabled === true)) return;
    yield {
      at: host.source.positionOf(["signIn", "password", "enabled"]),
      message: "No sign-in method is on.",
      hint: "switch one on, for example signIn.password.enabled",
    };
  },
};
