import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Grant, GrantStore } from "../deps/grants.ts";
import { testDatabases } from "../oauth/testing/test-databases.ts";
import type { Database } from "./database.ts";
import { createGrantStore, grantsBelievedMs } from "./grant-store.ts";

const dayMs = 24 * 60 * 60 * 1000;

describe.each(testDatabases)("on $name", ({ open }) => {
  let database: Database;
  let store: GrantStore;
  let nowMs = Date.parse("2026-01-01T00:00:00.123Z");
  beforeAll(async () => {
    ({ database } = await open());
    store = createGrantStore({ database, clock: () => new Date(nowMs) });
  });
  afterAll(() => database.close());

  const create = (userId: string, clientId = "client", of: Partial<Grant> = {}) => {
    const id = randomUUID();
    return store.create({
      id,
      connectionId: id,
      userId,
      clientId,
      clientName: "Client",
      email: "lead@example.com",
      resource: "/mcp/issues",
      server: "issues",
      level: "medium",
      expiresAt: new Date(nowMs + 90 * dayMs),
      ...of,
    });
  };

  test("a grant reads back as it was made", async () => {
    const grant = await create("u1");
    expect(grant).toMatchObject({ createdAt: new Date(nowMs), lastUsedAt: new Date(nowMs), revokedAt: null });
    expect(grant.expiresAt.getTime() - nowMs).toBe(90 * dayMs);
    expect(await store.find(grant.id)).toEqual(grant);
    expect(await store.find(randomUUID())).toBeUndefined();
    expect(await store.find("' or true --")).toBeUndefined();
  });

  test("the list is one human's, newest first, without revoked and expired ones", async () => {
    const expired = await create("u2", "a");
    nowMs += 60 * dayMs;
    const first = await create("u2", "b");
    nowMs += 1000;
    const second = await create("u2", "c");
    const revoked = await create("u2", "d");
    await create("u3", "e");
    await store.revoke([revoked.id, "not-an-id"]);
    const ids = async () => (await store.listActive("u2")).map(({ id }) => id);
    expect(await ids()).toEqual([second.id, first.id, expired.id]);
    nowMs += 30 * dayMs;
    expect(await ids()).toEqual([second.id, first.id]);
  });

  test("grants of one authorization are found together, ended ones too, one for each server", async () => {
    const first = await create("u6");
    const wiki = await create("u6", "client", { connectionId: first.id, server: "wiki" });
    await create("u6");
    await store.revoke([wiki.id]);
    const ids = async (id: string) => (await store.ofConnection(id)).map((grant) => grant.id);
    expect(await ids(first.id)).toEqual([first.id, wiki.id]);
    expect(await ids(wiki.id)).toEqual([]);
    expect(await ids("' or true --")).toEqual([]);
    await expect(create("u6", "client", { connectionId: first.id, server: "wiki" })).rejects.toThrow();
  });

  test("revoking twice keeps the time of the first", async () => {
    const { id } = await create("u4");
    await store.revoke([id]);
    const revokedAt = (await store.find(id))?.revokedAt;
    nowMs += 1000;
    await store.revoke([id]);
    expect((await store.find(id))?.revokedAt).toEqual(revokedAt);
    expect(revokedAt).toBeInstanceOf(Date);
    await store.revoke([]);
  });

  test("what one replica changes holds there at once, and elsewhere within half a second", async () => {
    const other = createGrantStore({ database, clock: () => new Date(nowMs) });
    const { id } = await create("u7");
    const seen = async (by: GrantStore) => {
      const [grant] = await by.ofConnection(id);
      return [grant?.level, grant?.revokedAt !== null];
    };
    expect([await seen(store), await seen(other)]).toEqual([
      ["medium", false],
      ["medium", false],
    ]);
    await store.setLevel([id], "low");
    expect(await seen(store)).toEqual(["low", false]);
    // Asked for while it is being written: what was read before must not be what is kept.
    const revoking = store.revoke([id]);
    await store.ofConnection(id);
    await revoking;
    expect(await seen(store)).toEqual(["low", true]);
    await sleep(grantsBelievedMs);
    expect(await seen(other)).toEqual(["low", true]);
  });

  test("use is noted once a minute at most", async () => {
    const { id, lastUsedAt } = await create("u5");
    nowMs += 59_999;
    await store.touch({ id, connectionId: id });
    expect((await store.find(id))?.lastUsedAt).toEqual(lastUsedAt);
    nowMs += 1;
    await store.touch({ id, connectionId: id });
    expect((await store.find(id))?.lastUsedAt).toEqual(new Date(nowMs));
  });
});
