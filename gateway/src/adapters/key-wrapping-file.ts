import { createHash, randomBytes } from "node:crypto";
import { decrypt, encrypt } from "./aes-gcm.ts";
import { KeyFileError, readKeyFile } from "./key-file.ts";
import type { KeyWrapping } from "./key-wrapping.ts";

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
  const made = () => `${randomBytes(keyBytes).toString("base64")}\n`;
  const lines = readKeyFile(path, made).split("\n").filter(Boolean);
  const keys = lines.map((line) => Buffer.from(line.trim(), "base64"));
  if (keys.some((key) => key.length !== keyBytes)) {
    throw new KeyFileError(`${path} must hold keys of 32 bytes in base64, one a line (openssl rand -base64 32).`);
  }
  return keys;
}
