/** `npm run receipt -- <file>`: checks a permission receipt with nothing but the gateway's public keys. */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, errors, type JSONWebKeySet, jwtVerify } from "jose";
import type { Receipt } from "../src/consent/receipt.ts";
import { receiptType } from "../src/consent/receipt.ts";
import { printable } from "./printable.ts";

const help = `Usage: npm run receipt -- <receipt.json> [--keys <URL or file>]

Checks the signature of a permission receipt, as downloaded from "Your agents" or found in the audit log, and prints what
the human allowed the agent. Without --keys the public keys are read from the gateway that the receipt names as its
issuer: look whether that is yours. Exit code 0: signed by that gateway; 1: not; 2: it could not be checked.
`;

interface Read {
  readonly jws: string;
  readonly issuer: string;
}

async function readReceipt(file: string): Promise<Read> {
  const text = (await readFile(file, "utf8")).trim();
  const json = text.startsWith("{") ? (JSON.parse(text) as { jws?: unknown; receipt?: unknown }) : { jws: text };
  const jws = json.jws ?? json.receipt;
  if (typeof jws !== "string") throw new Error("The file holds no receipt: neither `jws` nor `receipt` is one.");
  const { iss } = decodeJwt(jws);
  if (iss === undefined || !URL.canParse(iss)) throw new Error("The receipt names no gateway as its issuer.");
  return { jws, issuer: iss };
}

async function keySet(keys: string) {
  if (/^https?:/.test(keys)) return createRemoteJWKSet(new URL(keys));
  return createLocalJWKSet(JSON.parse(await readFile(keys, "utf8")) as JSONWebKeySet);
}

const when = (seconds: number) => new Date(seconds * 1000).toISOString();
function describe(receipt: Receipt): string {
  const { host, sub, agent, server, level, ceiling, tools } = receipt;
  const lines = [
    `signed by   ${receipt.iss} (host ${host.key})`,
    `at          ${when(receipt.iat)}`,
    `human       ${sub}`,
    `agent       ${agent.name} (${agent.client_id})`,
    `server      ${server.name} (${server.key})`,
    `level       ${level}, of at most ${ceiling}`,
    `until       ${when(receipt.ends_at)}, or ${receipt.idle_days} days without a call`,
    `tools       ${tools.map(({ name }) => name).join(", ") || "none"}`,
    `grant       ${receipt.grant_id}`,
  ];
  return lines.map(printable).join("\n");
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { keys: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  const [file] = positionals;
  if (values.help === true || file === undefined) {
    process.stdout.write(help);
    return values.help === true ? 0 : 2;
  }
  const { jws, issuer } = await readReceipt(file);
  const keys = await keySet(values.keys ?? new URL("/.well-known/gateway-jwks.json", issuer).href);
  try {
    const { payload } = await jwtVerify(jws, keys, { issuer, typ: receiptType, algorithms: ["EdDSA"] });
    process.stdout.write(`The receipt is genuine.\n\n${describe(payload as Receipt)}\n`);
    return 0;
  } catch (error) {
    const forged =
      error instanceof errors.JWSSignatureVerificationFailed ||
      error instanceof errors.JWKSNoMatchingKey ||
      error instanceof errors.JWTClaimValidationFailed;
    if (!forged) throw error;
    process.stderr.write(`The receipt is NOT genuine: ${error.message}\n`);
    return 1;
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`The receipt could not be checked: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
