import type { Rule } from "./rule.ts";

/** Forms that services give to their secrets, so that scanners find them. */
const secretForms: readonly (readonly [name: string, form: RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/g],
  ["a Permit API key", /\bpermit_key_[A-Za-z0-9]{16,}/g],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/g],
  ["a GitLab token", /\bglpat-[A-Za-z0-9_-]{20,}/g],
  ["a Slack token", /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g],
  ["a Slack webhook", /\bhooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9/]{10,}/g],
  ["an AWS access key", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ["a Google API key", /\bAIza[A-Za-z0-9_-]{35}/g],
  ["a Google client secret", /\bGOCSPX-[A-Za-z0-9_-]{20,}/g],
  ["an API key of an AI service", /\bsk-[A-Za-z0-9_-]{20,}/g],
  ["a Stripe key", /\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,}/g],
  ["a Linear key", /\blin_(?:api|oauth)_[A-Za-z0-9]{20,}/g],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}\b/g],
  ["a Pulumi token", /\bpul-[a-f0-9]{40}\b/g],
  ["a signed token (JWT)", /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./g],
  ["a bearer token", /\bBearer [A-Za-z0-9._~+/-]{20,}/g],
  ["a secret in a URL", /[?&](?:api[_-]?key|access[_-]?token|token|key|secret|sig|signature|password)=[^&\s"'#]{8,}/gi],
];

/**
 * Everybody who may read the repository would have it, for ever: files are copied, and history keeps them. Comments
 * count too. The finding does not repeat the secret, because logs are kept as well.
 */
export const secretPlain: Rule = {
  id: "secret-plain",
  *check({ sources }) {
    for (const source of sources) {
      for (const [name, form] of secretForms) {
        for (const { index } of source.text.matchAll(form)) {
          yield {
            at: source.at(index),
            message: `This looks like ${name}.`,
            hint: "revoke it, put a new one into the secret store, and write `secret: <its name>` here",
          };
        }
      }
    }
  },
};
