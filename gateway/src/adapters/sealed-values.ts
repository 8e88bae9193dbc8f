/** Secrets at rest: each is encrypted for its row under a data key, which is in the database encrypted in its turn. */
import { randomUUID } from "node:crypto";
import type { Clock } from "../deps/process.ts";
import { GatewayError } from "../errors.ts";
import { decrypt, encrypt } from "./aes-gcm.ts";
import type { Database } from "./database.ts";
import type { KeyWrapping } from "./key-wrapping.ts";

/** After so long a new data key is made. What older ones encrypted stays readable, and is encrypted anew on use. */
const dataKeyLifeMs = 90 * 24 * 60 * 60 * 1000;

/** What a row's secret is for. A text sealed for one purpose or row opens for no other. */
export type SealPurpose = "upstream-token" | "upstream-client" | "upstream-sign-in";

/** An opened secret. `stale`: it is under an older data key and should be sealed again. */
export interface Opened {
  readonly text: string;
  readonly stale: boolean;
}

/** Encrypts what is stored. Both throw GatewayError STORE_UNAVAILABLE when no key can be had, or the text is not ours. */
export interface SealedValues {
  seal(purpose: SealPurpose, row: string, text: string): Promise<string>;
  open(purpose: SealPurpose, row: string, sealed: string): Promise<Opened>;
}

export interface SealedValuesOptions {
  readonly database: Database;
  readonly wrapping: KeyWrapping;
  readonly host: string;
  readonly clock: Clock;
}

interface DataKey {
  readonly id: string;
  readonly key: Buffer;
  readonly createdAt: Date;
}

/** Sealed values of one host. Data keys stay in memory once opened, so a token costs no call to KMS. */
export function createSealedValues({ database, wrapping, host, clock }: SealedValuesOptions): SealedValues {
  const opened = new Map<string, DataKey>();
  let newest: DataKey | undefined;

  const unwrap = async (row: { id: string; wrapped: string; created_at: Date }): Promise<DataKey> => {
    const known = opened.get(row.id);
    if (known !== undefined) return known;
    const dataKey = { id: row.id, key: await wrapping.unwrap(host, row.wrapped), createdAt: row.created_at };
    opened.set(row.id, dataKey);
    return dataKey;
  };
  const isFresh = ({ createdAt }: { readonly createdAt: Date }) =>
    clock().getTime() - createdAt.getTime() < dataKeyLifeMs;
  const table = () => database.kysely.selectFrom("gateway_data_key").selectAll();

  const make = async (): Promise<DataKey> => {
    const { key, wrapped } = await wrapping.generate(host);
    const dataKey = { id: randomUUID(), key, createdAt: clock() };
    await database.kysely
      .insertInto("gateway_data_key")
      .values({ id: dataKey.id, wrapped, created_at: dataKey.createdAt })
      .execute();
    opened.set(dataKey.id, dataKey);
    return dataKey;
  };
  const current = async (): Promise<DataKey> => {
    if (newest !== undefined && isFresh(newest)) return newest;
    // One replica makes it; the others find it.
    newest = await database.exclusively("data-key", async () => {
      const row = await table().orderBy("created_at", "desc").limit(1).executeTakeFirst();
      return row !== undefined && isFresh({ createdAt: row.created_at }) ? unwrap(row) : make();
    });
    return newest;
  };
  const byId = async (id: string): Promise<DataKey> => {
    const known = opened.get(id);
    if (known !== undefined) return known;
    const row = await table().where("id", "=", id).executeTakeFirst();
    if (row === undefined) throw new Error("the data key of a sealed value is not stored");
    return unwrap(row);
  };
  const place = (purpose: SealPurpose, row: string, id: string) => JSON.stringify([host, purpose, row, id]);
  const guarded = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause;
      throw new GatewayError("STORE_UNAVAILABLE", { detail: "a secret could not be encrypted or decrypted", cause });
    }
  };
  return {
    seal: (purpose, row, text) =>
      guarded(async () => {
        const { id, key } = await current();
        return `${id}.${encrypt(key, place(purpose, row, id), Buffer.from(text))}`;
      }),
    open: (purpose, row, sealed) =>
      guarded(async () => {
        const dot = sealed.indexOf(".");
        const { id, key } = await byId(sealed.slice(0, dot));
        const text = decrypt(key, place(purpose, row, id), sealed.slice(dot + 1)).toString("utf8");
        return { text, stale: (await current()).id !== id };
      }),
  };
}
