import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";

/**
 * What an audit record says of the arguments of a call in place of themselves: the SHA-256 of their canonical JSON
 * (RFC 8785), in hex. Whoever has the arguments can compute it anew; arguments of few possible values can be guessed
 * from it. Arguments that the call left out are those of an empty object.
 */
export function argumentsDigest(value: unknown): string {
  return createHash("sha256")
    .update(canonicalJson(value === undefined ? {} : value))
    .digest("hex");
}
