/**
 * Every code a finding can have, with what it means. Codes are stable: people silence, search and link them. The table
 * in `policies/README.md` lists the same codes; a test compares the two.
 */
export const diagnosticCodes = {
  "file-missing": "A folder or file that a host needs is not there.",
  "file-unknown": "A file or folder that nothing reads, most often a misspelt name.",
  "file-link": "A symbolic link: what it points to is not what was reviewed.",
  "file-unreadable": "A file that can't be read, is too large or is not UTF-8.",
  "text-invisible":
    "An invisible or direction-changing character: the reviewer sees something else than what is loaded.",
  "yaml-syntax": "Not valid YAML, or more than one document.",
  "yaml-duplicate-key": "The same key twice in one mapping.",
  "yaml-plain": "A directive, tag, anchor, alias or key that makes a value differ from what its line shows.",
  "field-unknown": "A field the format does not have.",
  "field-missing": "A field the format needs.",
  "field-invalid": "A value of the wrong type or form.",
  "shared-server-known": "A server builds on a shared file that is not there.",
  "invariant-known": "An invariant names a host, group, human, server or tool that is not there.",
  "lock-form": "A lock file that is not as `import` writes it, or was changed since.",
  "host-key-form": "The host's folder name can't be a Permit key.",
  "server-key-form": "The server's file name can't be a Permit key.",
  "server-key-reserved": "The server's key is taken by the gateway or by Permit.",
  "server-key-unique": "Two server keys differ in upper and lower case only.",
  "server-address": "A server is neither at a URL nor a program, or both, or says what does not fit that.",
  "server-known": "A grant names a server that has no file.",
  "grant-subject": "A grant names both a group and a human, or neither.",
  "group-known": "A grant names a group that is not defined.",
  "grant-repeated": "Two grants for the same server and the same group or human.",
  "tool-action-collision": "Two tools of a server share one Permit action key, or a tool has none.",
  "email-form": "Not an e-mail address in ASCII.",
  "secret-plain": "What looks like a secret, in a file that many can read.",
  "sign-in-method-on": "No sign-in method is on, so nobody could sign in.",
  "sign-in-method-complete": "A sign-in method is on and lacks a field that it needs.",
  "sign-in-single-sso": "SAML and OpenID Connect are on together.",
  "sign-in-certificate-form": "Not an X.509 certificate in PEM.",
  "sign-in-one-tenant": "A Microsoft tenant that is all tenants.",
  "sign-in-domains-meet": "A sign-in method admits no domain, or is forced on one that it does not admit.",
  "environment-unique": "Two hosts are the same Permit environment.",
} as const satisfies Readonly<Record<string, string>>;

/**
 * Codes of what should be looked at. The policy is unambiguous and holds as it stands, so these do not keep a host from
 * being provisioned: a grant that has ended must not block the change that mends something else.
 */
export const warningCodes = {
  "grant-ended": "A grant whose last day has passed.",
  "grant-shadowed": "A grant that gives nobody more than other grants do.",
  "grant-effect": "A grant that can open no tool to anybody.",
  "group-used": "A group that nothing names.",
  "server-reached": "A server that no grant reaches, so nobody can use it.",
  "tool-locked": "A tool that the server did not offer when it was imported.",
  "tool-decided": "A tool of the server of which the policy says nothing.",
  "human-signs-in": "A human whose domain no sign-in method admits.",
  "approver-named": "Calls wait for an approval, and nobody may approve them.",
  "url-encrypted": "A server that is reached over http and is not on the same machine.",
  "test-sides": "A file of tests without both a can and a cannot, or a test that asks of no tool.",
  "test-subject":
    "A test that names a human or group that is not there, an outsider who is, or not exactly one of them.",
  "test-tool-known": "A test names a server or tool that is not there.",
  "test-tool-repeated": "A test names a tool twice.",
} as const satisfies Readonly<Record<string, string>>;

/** A stable code of a finding. */
export type DiagnosticCode = keyof typeof diagnosticCodes | keyof typeof warningCodes;

/** Errors refuse the host; warnings are reported. */
export type Severity = "error" | "warning";

/** How much a finding weighs. */
export function severityOf(code: DiagnosticCode): Severity {
  return Object.hasOwn(warningCodes, code) ? "warning" : "error";
}
