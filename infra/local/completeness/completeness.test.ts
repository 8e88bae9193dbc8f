/** What `npm run soak -- audit` does, with hundreds of requests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, postgresPrograms, startPostgresServer } from "../../testing/postgres-server.ts";
import { compare } from "./compare.ts";
import { proveCompleteness } from "./prove.ts";
import type { PlannedRequest, Seen } from "./requests.ts";

const folder = mkdtempSync(join(tmpdir(), "audit-completeness-"));
let postgres: PostgresServer | undefined;
beforeAll(async () => {
  if (postgresPrograms() !== undefined) postgres = await startPostgresServer();
});
afterAll(() => {
  postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.skipIf(postgresPrograms() === undefined && process.env.CI === undefined)(
  "every request has one decision, every call one result, all is shipped and proven, though replicas are killed",
  async () => {
    const proof = await proveCompleteness({
      requests: 240,
      killEvery: 80,
      databaseUrl: `postgres://gateway@127.0.0.1:${postgres?.port}/postgres`,
      folder,
      onProgress: () => undefined,
    });
    expect(proof.problems).toEqual([]);
    expect(proof.counts.requests).toBe(240);
    expect(proof.counts.results).toBeGreaterThan(90);
    expect(proof.kills).toBeGreaterThan(0);
    expect(proof.shipped).toBe(proof.stored);
    for (const said of proof.verified) expect(said).toMatch(/^Complete and unchanged/);
  },
  180_000,
);

const request = (id: string): PlannedRequest => ({
  id,
  kind: "answered",
  tool: "t",
  headers: {},
  body: "",
  abortMs: 0,
});
const decision = (id: string, uid: string, action = 1) =>
  JSON.stringify({
    action_id: action,
    metadata: { event_code: "tool_call", uid },
    api: { request: { uid: `request-${id}`, data: { id } } },
  });
const result = (uid: string) =>
  JSON.stringify({ action_id: 1, metadata: { event_code: "call_result", uid: `${uid}-r`, correlation_uid: uid } });
const answered: Seen = { request: request("r1"), requestId: "request-r1" };
const unanswered: Seen = { request: request("r1"), requestId: undefined };

test.each<[string, Seen, readonly string[], readonly string[], number]>([
  ["answered, with both", answered, ["r1"], [decision("r1", "a"), result("a")], 0],
  ["refused", answered, [], [decision("r1", "a", 2)], 0],
  ["answered and not on record", answered, ["r1"], [], 1],
  ["on record twice", answered, ["r1"], [decision("r1", "a"), result("a"), decision("r1", "b"), result("b")], 1],
  ["let through without a result", answered, ["r1"], [decision("r1", "a")], 2],
  ["with two results", answered, ["r1"], [decision("r1", "a"), result("a"), result("a")], 2],
  ["run by the server and not on record", unanswered, ["r1"], [], 1],
  ["never arrived", unanswered, [], [], 0],
])("a request that is %s", (_what, seen, ran, lines, problems) => {
  expect(compare([seen], ran, lines).problems).toHaveLength(problems);
});
