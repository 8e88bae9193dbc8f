/** The last line of an export: signed, it says what the export has of each chain, so that nothing can be cut off it. */
import type { JWK } from "jose";
import { z } from "zod";
import type { AuditSigner } from "../deps/audit-signer.ts";
import { readLogPart, signLogPart } from "./log-signature.ts";

const sealType = "permit-mcp-gateway-audit-export+jws";

/** What an export has of one chain. */
export interface SealedChain {
  readonly chain: string;
  /** Its first record, and the hash that this one says was before. */
  readonly first: { readonly sequence: number; readonly previous: string };
  /** Its last record, and the SHA-256 of its line. */
  readonly last: { readonly sequence: number; readonly hash: string };
}

export interface Seal {
  /** RFC 3339: when it was exported, and the period. */
  readonly sealedAt: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly heads: readonly SealedChain[];
}

const sealSchema = z.object({
  sealedAt: z.string(),
  from: z.string().optional(),
  to: z.string().optional(),
  heads: z.array(
    z.object({
      chain: z.string(),
      first: z.object({ sequence: z.int(), previous: z.string() }),
      last: z.object({ sequence: z.int(), hash: z.string() }),
    }),
  ),
});

const lineSchema = z.object({ seal: z.string() });

/** The line `{"seal":"<compact JWS>"}`. Throws what the signer throws. */
export async function sealLine(seal: Seal, signer: AuditSigner): Promise<string> {
  return JSON.stringify({ seal: await signLogPart(seal, sealType, signer) });
}

/** What is signed, without a look at who has. */
function unchecked(jws: string): { readonly payload: unknown } | "wrong" {
  try {
    return { payload: JSON.parse(Buffer.from(jws.split(".")[1] ?? "", "base64url").toString()) };
  } catch {
    return "wrong";
  }
}

/**
 * The seal of a line; undefined when it is none, `wrong` when none of the keys has signed it. Without keys nobody looks at
 * who has. Never throws.
 */
export async function sealOf(
  line: string,
  keys: ReadonlyMap<string, JWK> | undefined,
): Promise<Seal | "wrong" | undefined> {
  let jws: string;
  try {
    jws = lineSchema.parse(JSON.parse(line)).seal;
  } catch {
    return undefined;
  }
  const read = keys === undefined ? unchecked(jws) : await readLogPart(jws, sealType, keys);
  if (typeof read === "string") return "wrong";
  const seal = sealSchema.safeParse(read.payload);
  return seal.success ? seal.data : "wrong";
}
