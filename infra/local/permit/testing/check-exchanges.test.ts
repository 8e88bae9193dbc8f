import fastify from "fastify";
import { expect, test } from "vitest";
import { freshEnvironment } from "./fresh-environment.ts";
import { takeViolations } from "./seen-violations.ts";

const env = freshEnvironment();

test("what differs from Permit's API description is noticed, whoever asked", async () => {
  const app = fastify();
  app.get("/v2/api-key/scope", () => ({ organization_id: "no id", project_id: null, surprise: true }));
  app.get("/v2/no-such-operation", () => ({}));
  app.delete("/v2/projects/:project", (_request, reply) => reply.code(418).send({}));
  await app.inject("/v2/api-key/scope");
  await app.inject("/v2/no-such-operation");
  await app.inject({ method: "DELETE", url: "/v2/projects/x" });
  expect(takeViolations()).toEqual([
    'GET /v2/api-key/scope -> 200:  must NOT have additional properties {"additionalProperty":"surprise"}',
    'GET /v2/api-key/scope -> 200: /organization_id must match format "uuid" {"format":"uuid"}',
    "GET /v2/no-such-operation -> 200: Permit has no such operation",
    "DELETE /v2/projects/:project -> 418: a status that Permit does not answer with",
  ]);
});

test("so is a body that Permit would refuse, when it is taken", async () => {
  const app = fastify();
  app.put("/v2/facts/:project/:environment/bulk/users", () => ({}));
  const put = (payload: object) => app.inject({ method: "PUT", url: "/v2/facts/p/e/bulk/users", payload });
  await put({ operations: [{ key: "alice", email: null }] });
  expect(takeViolations()).toEqual([]);
  await put({ operations: [{ key: "alice bob" }], dry_run: true });
  expect(takeViolations()).toEqual([
    'PUT /v2/facts/:project/:environment/bulk/users -> 200: taken, although the body  must NOT have additional properties {"additionalProperty":"dry_run"}',
    expect.stringContaining("taken, although the body /operations/0/key must match pattern"),
  ]);
});

test("what the SDK gets is right", async () => {
  await env.permit.api.users.sync({ key: "alice", email: "alice@example.com" });
  await expect(env.permit.api.users.get("nobody")).rejects.toMatchObject({ response: { status: 404 } });
  expect(takeViolations()).toEqual([]);
});
