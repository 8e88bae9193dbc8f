import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Thrown for a key file that can't be used. The message says what to do. */
export class KeyFileError extends Error {}

/** Text of a file that only its owner can read, made of `make` when it is missing. Throws KeyFileError. */
export function readKeyFile(path: string, make: () => string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, make(), { flag: "wx", mode: 0o600 });
    // Whatever the process's umask is.
    chmodSync(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  // Whoever else can read it can use it.
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new KeyFileError(`${path} can be read by others than its owner. Change that (chmod 600 ${path}).`);
  }
  return readFileSync(path, "utf8");
}
