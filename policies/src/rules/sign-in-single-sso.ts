import type { Rule } from "./rule.ts";

/** Two identity providers would both claim a human's address, and which of them vouches for it would be open. */
export const signInSingleSso: Rule = {
  id: "sign-in-single-sso",
  *check({ host }) {
    const { saml, oidc } = host?.value.signIn ?? {};
    if (host === undefined || saml?.enabled !== true || oidc?.enabled !== true) return;
    yield {
      at: host.source.positionOf(["signIn", "oidc"]),
      message: "SAML and OpenID Connect are both on.",
      hint: "switch one of the two off",
    };
  },
};
