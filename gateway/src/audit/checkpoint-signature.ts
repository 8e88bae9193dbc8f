/** The signature in a checkpoint's line, over all of that line but itself. */
import type { JWK } from "jose";
import { z } from "zod";
import type { AuditSigner } from "../deps/audit-signer.ts";
import { hashOf } from "./line.ts";
import { readLogPart, signLogPart } from "./log-signature.ts";

/** `typ` of the signature (RFC 7515 section 4.1.9). */
export const checkpointType = "permit-mcp-gateway-audit+jws";

/** End of an event whose last member is `unmapped`. */
const lineEnd = "}}";
const signedEnd = /,"signature":"([\w.-]+)"\}\}$/;
const payloadSchema = z.object({ line: z.string() });

/**
 * Appends `unmapped.signature`: a compact JWS whose payload has `line`, the SHA-256 of the line without it. As the line names
 * the one before it, this signs the chain up to here. Throws what the signer throws.
 */
export async function signedLine(line: string, signer: AuditSigner): Promise<string> {
  const signature = await signLogPart({ line: hashOf(line) }, checkpointType, signer);
  return `${line.slice(0, -lineEnd.length)},"signature":"${signature}"${lineEnd}`;
}

/** What a signature says: nothing is there, a key that was not given, not of this line, or good. */
export type SignatureState = "none" | "unknown key" | "wrong" | "good";

/** Checks the signature of a line with the public keys by `kid`. Never throws. */
export async function signatureState(line: string, keys: ReadonlyMap<string, JWK>): Promise<SignatureState> {
  const [whole = "", jws] = signedEnd.exec(line) ?? [];
  if (jws === undefined) return "none";
  const read = await readLogPart(jws, checkpointType, keys);
  if (typeof read === "string") return read;
  const signed = payloadSchema.safeParse(read.payload);
  return signed.success && signed.data.line === hashOf(line.slice(0, -whole.length) + lineEnd) ? "good" : "wrong";
}
