import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { decrypt, encrypt } from "./aes-gcm.ts";
import type { KeyWrapping } from "./key-wrapping.ts";

/** Thrown for a key file that can't be used. The message says what to do. */
export class KeyFileError extends Error {}

const keyBytes = 32;
const idOf = (key: Buffer) => createHash("sha256").update(key).digest("base64url").slice(0, 12);
const placeOf = (host: string) => JSON.stringify(["data-key", host]);

/**
 * Keys in a file that only its owner can read, one a line in base64: the first encrypts, the others still open what they
 * encrypted. A new first line is how to rotate. The file is made when it is missing. Throws KeyFileError.
 */
export function openKeyFile(path: string): KeyWrapping {
  const keys = readKeys(path);
  const [first] = keys;
  if (first === undefined) throw new KeyFileError(`${path} has no key. Remove it, and the gateway makes a new one.`);
  return {
    generate: async (host) => {
      const key = randomBytes(keyBytes);
      return { key, wrapped: `${idOf(first)}.${encrypt(first, placeOf(host), key)}` };
    },
    unwrap: async (host, wrapped) => {
      const [id = "", text = ""] = wrapped.split(".");
      const key = keys.find((candidate) => idOf(candidate) === id);
      if (key === undefined) throw new Error(`the data key was encrypted by another key (${id}) than those of ${path}`);
      return decrypt(key, placeOf(host), text);
    },
    close: () => undefined,
  };
}

function readKeys(path: string): Buffer[] {
  makeIfMissing(path);
  // Whoever else can read it can read every token.
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new KeyFileError(`${path} can be read by others than its owner. Change that (chmod 600 ${path}).`);
  }
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  const keys = lines.map((line) => Buffer.from(line.trim(), "base64"));
  if (keys.some((key) => key.length !== keyBytes)) {
    throw new KeyFileError(`${path} must hold keys of 32 bytes in base64, one a line (openssl rand -base64 32).`);
  }
  return keys;
}

function makeIfMissing(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, `${randomBytes(keyBytes).toString("base64")}\n`, { flag: "wx", mode: 0o600 });
    // Whatever the process's umask is.
    chmodSync(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
