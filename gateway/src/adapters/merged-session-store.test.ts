import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MergedSessionStore } from "../deps/sessions.ts";
import { testDatabases } from "../oauth/testing/test-databases.ts";
import type { Database } from "./database.ts";
import { createMergedSessionStore } from "./merged-session-store.ts";

const at = (sealedId: string | null) => ({ sealedId, protocolVersion: "2025-11-25" });

describe.each(testDatabases)("on $name", ({ open }) => {
  let database: Database;
  let store: MergedSessionStore;
  let nowMs = Date.parse("2026-01-01T00:00:00Z");
  /** Goes on with every look. */
  const clock = () => {
    nowMs += 1;
    return new Date(nowMs);
  };
  beforeAll(async () => {
    ({ database } = await open());
    store = createMergedSessionStore({ database, clock });
  });
  afterAll(() => database.close());
  const agent = () => ({ userId: randomUUID(), clientId: "client" });

  test("a session reads back as it was made, whatever the client called itself", async () => {
    const client = { clientInfo: { name: 'a\u0000\ud800 "client"' }, capabilities: {} };
    const id = await store.create(agent(), client);
    expect(await store.find(id)).toEqual({ id, client, upstreams: new Map() });
    expect(await store.find(randomUUID())).toBeUndefined();
  });

  test("of two replicas the first one's session at a server stays; only that one is forgotten", async () => {
    const id = await store.create(agent(), {});
    const kept = await Promise.all([store.keep(id, "wiki", at("a")), store.keep(id, "wiki", at("b"))]);
    expect(kept[0]).toEqual(kept[1]);
    const [first] = kept;
    await store.forget(id, "wiki", at(first?.sealedId === "a" ? "b" : "a"));
    expect((await store.find(id))?.upstreams).toEqual(new Map([["wiki", first]]));
    await store.forget(id, "wiki", at(first?.sealedId ?? null));
    expect(await store.keep(id, "wiki", at(null))).toEqual(at(null));
    await store.forget(id, "wiki", at(null));
    expect((await store.find(id))?.upstreams.size).toBe(0);
  });

  test("what has ended keeps nothing, and gets nothing any more", async () => {
    const id = await store.create(agent(), {});
    await store.keep(id, "wiki", at("a"));
    await store.end(id);
    expect(await store.keep(id, "issues", at("b"))).toEqual(at("b"));
    expect(await store.find(id)).toBeUndefined();
    const left = await database.kysely.selectFrom("gateway_merged_upstream").selectAll().execute();
    expect(left.filter((row) => row.session_id === id)).toEqual([]);
  });

  test("an agent has a hundred at most, the newest", async () => {
    const one = agent();
    const ids: string[] = [];
    for (let count = 0; count < 102; count += 1) ids.push(await store.create(one, {}));
    const found = await Promise.all(ids.map(async (id) => (await store.find(id)) !== undefined));
    expect(found.indexOf(true)).toBe(2);
    expect(found.lastIndexOf(false)).toBe(1);
  });

  test("use is noted once an hour", async () => {
    const id = await store.create(agent(), {});
    const usedAtMs = async () => {
      const query = database.kysely.selectFrom("gateway_merged_session").select("used_at").where("id", "=", id);
      return (await query.executeTakeFirstOrThrow()).used_at.getTime();
    };
    const first = await usedAtMs();
    await store.find(id);
    expect(await usedAtMs()).toBe(first);
    nowMs += 60 * 60_000;
    await store.find(id);
    expect(await usedAtMs()).toBe(nowMs);
  });
});
