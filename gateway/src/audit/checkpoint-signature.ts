/** The signature in a checkpoint's line, over all of that line but itself. */
import { compactVerify, decodeProtectedHeader, type JWK } from "jose";
import type { AuditSigner } from "../deps/audit-signer.ts";
import { hashOf } from "./line.ts";

/** `typ` of the signature (RFC 7515 section 4.1.9): no other signature of the same key can stand for it. */
export const checkpointType = "permit-mcp-gateway-audit+jws";

/** End of an event whose last member is `unmapped`. */
const lineEnd = "}}";
const signedEnd = /,"signature":"([\w.-]+)"\}\}$/;

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * Appends `unmapped.signature`: a compact JWS (RFC 7515) whose payload has `line`, the SHA-256 of the line without it. As the
 * line names the one before it, this signs the chain up to here. Throws what the signer throws.
 */
export async function signedLine(line: string, signer: AuditSigner): Promise<string> {
  const header = encode({ alg: "EdDSA", kid: signer.kid, typ: checkpointType });
  const input = `${header}.${encode({ line: hashOf(line) })}`;
  const signature = Buffer.from(await signer.sign(Buffer.from(input))).toString("base64url");
  return `${line.slice(0, -lineEnd.length)},"signature":"${input}.${signature}"${lineEnd}`;
}

/** What a signature says: nothing is there, a key that is not ours, not of this line, or good. */
export type SignatureState = "none" | "unknown key" | "wrong" | "good";

/** Checks the signature of a line with the public keys by `kid`. Never throws. */
export async function signatureState(line: string, keys: ReadonlyMap<string, JWK>): Promise<SignatureState> {
  const [whole = "", jws] = signedEnd.exec(line) ?? [];
  if (jws === undefined) return "none";
  const unsigned = line.slice(0, -whole.length) + lineEnd;
  try {
    const { kid = "", typ } = decodeProtectedHeader(jws);
    if (typ !== checkpointType) return "wrong";
    const key = keys.get(kid);
    if (key === undefined) return "unknown key";
    const { payload } = await compactVerify(jws, key, { algorithms: ["EdDSA", "Ed25519"] });
    const signed = JSON.parse(new TextDecoder().decode(payload)) as { line?: unknown };
    return signed.line === hashOf(unsigned) ? "good" : "wrong";
  } catch {
    return "wrong";
  }
}
