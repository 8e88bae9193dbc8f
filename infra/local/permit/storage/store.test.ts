import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createApp } from "../http/app.ts";
import { openMemory } from "./memory-database.ts";
import { Store } from "./store.ts";

const orgKey = "permit_key_of_the_organization";

const effects = { newId: randomUUID, newSecret: () => "permit_key_env", now: () => "2026-01-01T00:00:00.000+00:00" };

test("a write is acknowledged only when it is committed", async () => {
  let committed: () => void = () => undefined;
  let gate: Promise<void> = Promise.resolve();
  const database = { ...openMemory(), append: () => gate };
  const app = createApp(await Store.open(database, effects, orgKey));
  gate = new Promise((resolve) => {
    committed = resolve;
  });
  let answered = false;
  const request = app
    .inject({
      method: "POST",
      url: "/v2/projects/default/envs",
      headers: { authorization: `Bearer ${orgKey}` },
      payload: { key: "demo", name: "Demo" },
    })
    .then((response) => {
      answered = true;
      return response;
    });
  await sleep(100);
  expect(answered).toBe(false);
  committed();
  expect((await request).statusCode).toBe(200);
  await app.close();
});

test("after a change that could not be stored nothing is answered any more", async () => {
  let full = false;
  const append = async () => {
    if (full) throw new Error("no space left on device");
  };
  const database = { ...openMemory(), append };
  const app = createApp(await Store.open(database, effects, orgKey));
  const request = (method: "GET" | "POST", url: string, payload?: object, key = orgKey) =>
    app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${key}` },
      ...(payload === undefined ? {} : { payload }),
    });
  const check = { user: { key: "u" }, action: "a", resource: { type: "t", key: "k", tenant: "default" } };
  const users = "/v2/facts/default/demo/users";

  expect((await request("POST", "/v2/projects/default/envs", { key: "demo", name: "Demo" })).statusCode).toBe(200);
  expect((await request("POST", users, { key: "stored" })).statusCode).toBe(200);
  expect((await request("POST", "/allowed", check, "permit_key_env")).statusCode).toBe(200);
  full = true;
  const refused = await request("POST", users, { key: "lost" });
  expect(refused.statusCode).toBe(503);
  expect(refused.json()).toMatchObject({ error_code: "UNEXPECTED_ERROR", title: "Storage failed" });
  // Also when there is space again: memory has the lost user, the disk has not.
  full = false;
  expect((await request("GET", `${users}/lost`)).statusCode).toBe(503);
  expect((await request("POST", users, { key: "next" })).statusCode).toBe(503);
  expect((await request("POST", "/allowed", check, "permit_key_env")).statusCode).toBe(503);
  expect((await request("GET", "/healthy")).statusCode).toBe(503);
  await app.close();
});
