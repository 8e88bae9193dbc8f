import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const ivBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM (NIST SP 800-38D): iv, ciphertext and tag in one text. `place` is authenticated with it: what was written in
 * one place does not open in another. The iv is random, which is safe for 2^32 messages under one key.
 */
export function encrypt(key: Buffer, place: string, plain: Buffer): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: tagBytes }).setAAD(Buffer.from(place));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString("base64url");
}

/** Throws for another key, another place, or a changed text. */
export function decrypt(key: Buffer, place: string, text: string): Buffer {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length < ivBytes + tagBytes) throw new Error("not an encrypted text");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(place))
    .setAuthTag(bytes.subarray(-tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]);
}
