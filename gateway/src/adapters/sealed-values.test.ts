/** Secrets at rest, in a real database, under a key file and under AWS KMS as moto speaks for it. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { hasMoto, type Moto, startMoto } from "../../testing/moto.ts";
import type { Database } from "./database.ts";
import { KeyFileError } from "./key-file.ts";
import type { KeyWrapping } from "./key-wrapping.ts";
import { openKeyFile } from "./key-wrapping-file.ts";
import { createKmsKeyWrapping } from "./key-wrapping-kms.ts";
import { noKeyWrapping } from "./key-wrapping-none.ts";
import { createSealedValues } from "./sealed-values.ts";
import { createUpstreamTokenRows } from "./upstream-token-rows.ts";

const folder = mkdtempSync(join(tmpdir(), "sealed-values-"));
let database: Database;
let now = new Date("2026-11-28T12:00:00Z");
beforeAll(async () => {
  database = await openMemoryDatabase();
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

const values = (wrapping: KeyWrapping, host = "demo") =>
  createSealedValues({ database, wrapping, host, clock: () => now });
const dataKeys = () => database.kysely.selectFrom("gateway_data_key").selectAll().execute();
const refused = { code: "STORE_UNAVAILABLE" };

test("a token is encrypted anew when it is read after 90 days, and only then", async () => {
  const sealed = values(openKeyFile(join(folder, "tokens.key")));
  await database.kysely.deleteFrom("gateway_data_key").execute();
  const rows = createUpstreamTokenRows({ database, sealed, clock: () => now });
  const owner = { userId: "user-1", server: "issues" };
  const metadata = { issuer: "https://as.example.com", token_endpoint: "https://as.example.com/token" };
  const stored = { token: { accessToken: "an access token", clientId: "client-1", metadata }, expiresAt: null };
  await rows.save(owner, stored);
  const text = async () =>
    (await database.kysely.selectFrom("gateway_upstream_token").select("sealed").executeTakeFirstOrThrow()).sealed;
  const first = await text();
  expect([await rows.find(owner), await text()]).toEqual([stored, first]);
  now = new Date(now.getTime() + 91 * 24 * 60 * 60 * 1000);
  expect(await rows.find(owner)).toEqual(stored);
  const second = await text();
  expect(second.split(".")[0]).not.toBe(first.split(".")[0]);
  expect([await rows.find(owner), await text()]).toEqual([stored, second]);
  await database.kysely.deleteFrom("gateway_data_key").execute();
});

/** What holds for every kind of key. */
function laws(open: () => KeyWrapping) {
  test("what is sealed opens in its own place, in this process and the next, and shows nothing", async () => {
    const sealed = await values(open()).seal("upstream-token", "row-1", "a secret text");
    expect(sealed).not.toContain("secret");
    expect(await values(open()).open("upstream-token", "row-1", sealed)).toEqual({
      text: "a secret text",
      stale: false,
    });
    expect(await values(open()).seal("upstream-token", "row-1", "a secret text")).not.toBe(sealed);
  });

  test("nowhere else: not in another row, for another purpose, on another host, or changed", async () => {
    const sealed = await values(open()).seal("upstream-token", "row-1", "a secret text");
    await expect(values(open()).open("upstream-token", "row-2", sealed)).rejects.toMatchObject(refused);
    await expect(values(open()).open("upstream-client", "row-1", sealed)).rejects.toMatchObject(refused);
    await expect(values(open(), "other").open("upstream-token", "row-1", sealed)).rejects.toMatchObject(refused);
    const last = sealed.at(-2) === "A" ? "B" : "A";
    const changed = `${sealed.slice(0, -2)}${last}${sealed.at(-1)}`;
    await expect(values(open()).open("upstream-token", "row-1", changed)).rejects.toMatchObject(refused);
    await expect(values(open()).open("upstream-token", "row-1", "nonsense")).rejects.toMatchObject(refused);
  });

  test("after 90 days with a new data key; what the old one sealed still opens, and says that it is old", async () => {
    const running = values(open());
    const sealed = await running.seal("upstream-token", "row-1", "a secret text");
    const before = (await dataKeys()).length;
    now = new Date(now.getTime() + 91 * 24 * 60 * 60 * 1000);
    const replicas = [running, values(open()), values(open())];
    const again = await Promise.all(replicas.map((each) => each.seal("upstream-token", "row-1", "new")));
    expect((await dataKeys()).length).toBe(before + 1);
    expect(new Set(again.map((text) => text.split(".")[0])).size).toBe(1);
    for (const each of replicas) {
      expect(await each.open("upstream-token", "row-1", sealed)).toEqual({ text: "a secret text", stale: true });
    }
  });
}

describe("under a key file", () => {
  const file = join(folder, "keys", "data.key");
  laws(() => openKeyFile(file));

  test("which only its owner can read", () => {
    openKeyFile(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o640);
    expect(() => openKeyFile(file)).toThrow(KeyFileError);
    chmodSync(file, 0o600);
    const short = join(folder, "short.key");
    writeFileSync(short, "c2hvcnQ=\n", { mode: 0o600 });
    expect(() => openKeyFile(short)).toThrow(/32 bytes/);
  });

  test("whose first line can be a new one, and which nothing opens without", async () => {
    const sealed = await values(openKeyFile(file)).seal("upstream-token", "row-1", "a secret text");
    const other = join(folder, "other.key");
    const added = openKeyFile(other);
    await expect(values(added).open("upstream-token", "row-1", sealed)).rejects.toMatchObject(refused);
    writeFileSync(file, `${readFileSync(other, "utf8")}${readFileSync(file, "utf8")}`);
    expect((await values(openKeyFile(file)).open("upstream-token", "row-1", sealed)).text).toBe("a secret text");
  });
});

test("without a key nothing is stored, and the sentence says what to set", async () => {
  const empty = await openMemoryDatabase();
  const none = createSealedValues({ database: empty, wrapping: noKeyWrapping, host: "demo", clock: () => now });
  await expect(none.seal("upstream-token", "row-1", "text")).rejects.toThrow(/DATA_KEY_KMS_ARN/);
  expect(await empty.kysely.selectFrom("gateway_data_key").selectAll().execute()).toEqual([]);
  await empty.close();
});

describe.runIf(hasMoto())("under a key of AWS KMS", () => {
  let moto: Moto;
  let arn = "";
  beforeAll(async () => {
    moto = await startMoto();
    for (const [name, value] of Object.entries({
      ...{ AWS_ENDPOINT_URL: moto.url, AWS_REGION: "eu-central-1" },
      ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
    })) {
      vi.stubEnv(name, value);
    }
    const client = new KMSClient();
    arn = (await client.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? "";
    client.destroy();
    // Data keys of the tests before are under another key.
    await database.kysely.deleteFrom("gateway_data_key").execute();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await moto.stop();
  });
  laws(() => createKmsKeyWrapping(arn));

  test("the database holds the data key as KMS encrypted it, for this host", async () => {
    const wrapping = createKmsKeyWrapping(arn);
    const { key, wrapped } = await wrapping.generate("demo");
    expect(await wrapping.unwrap("demo", wrapped)).toEqual(key);
    await expect(wrapping.unwrap("other", wrapped)).rejects.toThrow();
    expect(wrapped).not.toContain(key.toString("base64"));
  });
});
