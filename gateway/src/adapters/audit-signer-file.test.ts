/** The key of the audit log in a file. */
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calculateJwkThumbprint } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFileAuditSigner } from "./audit-signer-file.ts";
import { KeyFileError } from "./key-file.ts";

let folder = "";
let path = "";
let umask = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "audit-key-"));
  path = join(folder, "keys", "audit.key");
  // The most careless one.
  umask = process.umask(0);
});
afterEach(() => {
  process.umask(umask);
  rmSync(folder, { recursive: true });
});
const mode = (of: string) => statSync(of).mode & 0o777;

test("it is made when it is missing, for its owner only, and is the same one afterwards", async () => {
  const signer = await createFileAuditSigner(path);
  expect([mode(path), mode(join(folder, "keys"))]).toEqual([0o600, 0o700]);
  const key = createPublicKey(readFileSync(path));
  expect(key.asymmetricKeyType).toBe("ed25519");
  expect(signer.kid).toBe(await calculateJwkThumbprint(key.export({ format: "jwk" })));
  const bytes = Buffer.from("what the log has come to");
  expect(verify(null, bytes, key, await signer.sign(bytes))).toBe(true);
  expect((await createFileAuditSigner(path)).kid).toBe(signer.kid);
});

test.each([0o640, 0o604, 0o660, 0o610])("mode %o: others could use it, and it is refused", async (open) => {
  await createFileAuditSigner(path);
  const before = readFileSync(path, "utf8");
  chmodSync(path, open);
  const refused = createFileAuditSigner(path);
  await expect(refused).rejects.toThrow(KeyFileError);
  await expect(refused).rejects.toThrow(
    `${path} can be read by others than its owner. Change that (chmod 600 ${path}).`,
  );
  expect([readFileSync(path, "utf8"), mode(path)]).toEqual([before, open]);
});

describe("something else in its place", () => {
  const pkcs8 = { type: "pkcs8", format: "pem" } as const;
  const spki = { type: "spki", format: "pem" } as const;
  test.each([
    ["a key for ECDSA", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export(pkcs8)],
    ["a key for Ed448", generateKeyPairSync("ed448").privateKey.export(pkcs8)],
    ["a public key", generateKeyPairSync("ed25519").publicKey.export(spki)],
    ["nothing", ""],
    ["text", "no key"],
  ])("%s: refused, and left as it is", async (_what, text) => {
    path = join(folder, "audit.key");
    writeFileSync(path, text, { mode: 0o600 });
    const refused = createFileAuditSigner(path);
    await expect(refused).rejects.toThrow(KeyFileError);
    await expect(refused).rejects.toThrow(
      `${path} must hold an Ed25519 key as PKCS #8 in PEM (openssl genpkey -algorithm ed25519).`,
    );
    expect(existsSync(path) && readFileSync(path, "utf8")).toBe(text.toString());
  });
});
