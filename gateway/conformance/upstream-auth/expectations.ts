/** Scenarios of the suite that say nothing of the gateway's upstream leg, with the reason. */
export const doesNotApply: Readonly<Record<string, string>> = {
  "auth/2025-03-26-oauth-endpoint-fallback":
    "no metadata at all: whether the authorization server has PKCE can't be known, so it is refused on purpose",
  "auth/client-credentials-jwt": "no human: the gateway acts for humans only",
  "auth/client-credentials-basic": "no human: the gateway acts for humans only",
  "auth/enterprise-managed-authorization": "an extension that the gateway does not have",
  "auth/dpop": "an extension that the gateway does not have: bearer tokens only",
  "auth/dpop-nonce": "an extension that the gateway does not have: bearer tokens only",
  "auth/wif-jwt-bearer": "no human: the gateway acts for humans only",
};
