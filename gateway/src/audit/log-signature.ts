/** Signatures over parts of the log: compact JWS (RFC 7515), Ed25519 (RFC 8037). */
import { compactVerify, decodeProtectedHeader, type JWK } from "jose";
import type { AuditSigner } from "../deps/audit-signer.ts";

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A compact JWS with a payload of JSON. `typ` keeps it from standing for another kind (RFC 8725 section 3.11). */
export async function signLogPart(payload: object, typ: string, signer: AuditSigner): Promise<string> {
  const input = `${encode({ alg: "EdDSA", kid: signer.kid, typ })}.${encode(payload)}`;
  return `${input}.${Buffer.from(await signer.sign(Buffer.from(input))).toString("base64url")}`;
}

/** The payload of a signature that is good; `unknown key` and `wrong` say why it is not. Never throws. */
export async function readLogPart(
  jws: string,
  typ: string,
  keys: ReadonlyMap<string, JWK>,
): Promise<{ readonly payload: unknown } | "unknown key" | "wrong"> {
  // The last character of a part can have bits that mean nothing: of all texts of one signature only one is good.
  const isOneText = jws.split(".").every((part) => Buffer.from(part, "base64url").toString("base64url") === part);
  try {
    const header = decodeProtectedHeader(jws);
    if (!isOneText || header.typ !== typ) return "wrong";
    const key = keys.get(header.kid ?? "");
    if (key === undefined) return "unknown key";
    const { payload } = await compactVerify(jws, key, { algorithms: ["EdDSA", "Ed25519"] });
    return { payload: JSON.parse(new TextDecoder().decode(payload)) };
  } catch {
    return "wrong";
  }
}
