import { createHash, timingSafeEqual } from "node:crypto";

/** SHA-256 in base64url: stored or compared instead of a secret, so that a copy of the database opens nothing. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** Compares in a time that does not tell where two texts differ. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
