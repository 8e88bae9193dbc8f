import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestDatabase, testDatabases } from "../oauth/testing/test-databases.ts";
import { createAttemptStore } from "./attempt-store.ts";

describe.each(testDatabases)("$name", ({ open }) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await open();
  });
  const time = { now: Date.parse("2026-11-28T12:00:00Z") };
  const clock = () => new Date(time.now);
  const table = "gateway_sign_in_attempt";
  const limit = (key: string) => ({ key, max: 5, windowSeconds: 60 });
  afterAll(async () => opened.database.close());

  test("of many attempts at once, on two replicas, exactly as many as allowed are let through", async () => {
    const { database, connectAgain } = opened;
    const other = await connectAgain();
    const replicas = [
      createAttemptStore({ database, table, clock }),
      createAttemptStore({ database: other, table, clock }),
    ];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => replicas[index % 2]?.take(limit("parallel"))),
    );
    expect(answers.filter((wait) => wait === undefined)).toHaveLength(5);
    expect(answers.filter((wait) => wait === 60)).toHaveLength(15);
    await other.close();
  });

  test("a window ends at its time, however often it was tried in between, and old ones are deleted", async () => {
    const { database } = opened;
    const store = createAttemptStore({ database, table, clock });
    for (let n = 0; n < 8; n += 1) await store.take(limit("window"));
    time.now += 59_000;
    expect(await store.take(limit("window"))).toBe(1);
    time.now += 1_000;
    expect(await store.take(limit("window"))).toBeUndefined();
    time.now += 11 * 60_000;
    await store.take(limit("later"));
    const rows = await database.kysely.selectFrom("gateway_sign_in_attempt").select("key").execute();
    expect(rows).toEqual([{ key: "later" }]);
  });

  test("an attempt given back does not count, and never makes room for more than the limit", async () => {
    const { database } = opened;
    const store = createAttemptStore({ database, table: "gateway_call_count", clock });
    // The other table of the kind.
    await store.giveBack("unknown");
    for (let n = 0; n < 5; n += 1) await store.take(limit("back"));
    await store.giveBack("back");
    expect([await store.take(limit("back")), await store.take(limit("back"))]).toEqual([undefined, 60]);
    for (let n = 0; n < 9; n += 1) await store.giveBack("back");
    const answers = [];
    for (let n = 0; n < 6; n += 1) answers.push(await store.take(limit("back")));
    expect(answers.filter((wait) => wait === undefined)).toHaveLength(5);
    await store.clear("back");
    expect(await store.take(limit("back"))).toBeUndefined();
  });
});
