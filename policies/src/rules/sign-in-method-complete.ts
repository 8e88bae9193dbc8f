import type { SignInMethod } from "../schema/sign-in.ts";
import type { Rule } from "./rule.ts";

const needed: Readonly<Partial<Record<SignInMethod, readonly string[]>>> = {
  google: ["clientId", "clientSecret"],
  github: ["clientId", "clientSecret"],
  microsoft: ["tenantId", "clientId", "clientSecret"],
  saml: ["entryPoint", "issuer", "certificate"],
  oidc: ["issuer", "clientId", "clientSecret"],
};

/** A method that is on and lacks what it needs would fail at the first sign-in, not at the review. */
export const signInMethodComplete: Rule = {
  id: "sign-in-method-complete",
  *check({ host }) {
    if (host === undefined) return;
    for (const [method, fields] of Object.entries(needed)) {
      const settings: Readonly<Record<string, unknown>> = host.value.signIn[method as SignInMethod] ?? {};
      const missing = settings.enabled === true ? fields.filter((field) => settings[field] === undefined) : [];
      if (missing.length === 0) continue;
      yield {
        at: host.source.positionOf(["signIn", method]),
        message: `Sign-in method ${JSON.stringify(method)} is on and lacks ${missing.join(", ")}.`,
        hint: "add what it lacks, or switch it off",
      };
    }
  },
};
