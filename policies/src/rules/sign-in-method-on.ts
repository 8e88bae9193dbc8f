import type { Rule } from "./rule.ts";

/** A host on which nobody can sign in is a mistake, and found before it is deployed. */
export const signInMethodOn: Rule = {
  id: "sign-in-method-on",
  *check({ host }) {
    if (host === undefined || host.value.signIn.password.enabled) return;
    yield {
      at: host.source.positionOf(["signIn", "password", "enabled"]),
      message: "No sign-in method is on.",
      hint: "set signIn.password.enabled to true",
    };
  },
};
