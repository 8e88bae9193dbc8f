import type { Command, ExitCode, Output } from "@permit-mcp-gateway/policies/cli/command";
import { parseOptions } from "@permit-mcp-gateway/policies/cli/command";
import { keySet } from "./key-set.ts";

const help = `Usage: npm run audit -- key [--key <file or ARN>]...

Prints the public key that a host's audit log is signed with, as a JWK Set (RFC 7517): what \`verify --key\` takes. Without
--key, that of the key that the gateway's variables name (AUDIT_KEY_FILE, AUDIT_KEY_KMS_ARN, DATA_DIR). Keep it where those
who can change the log can't change it. Exit code 0, or 2 when there is no such key.`;

async function run(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values } = parseOptions(args, { key: { type: "string", multiple: true } });
  const keys = await keySet(values.key ?? [], process.env);
  const all = [...keys].map(([kid, { kty, crv, x }]) => ({ kid, kty, crv, x, alg: "EdDSA", use: "sig" }));
  output.line(JSON.stringify({ keys: all }, undefined, 2));
  return 0;
}

/** Prints the public key of a log. */
export const key: Command = { name: "key", summary: "print the public key that the log is signed with", help, run };
