import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startLocalPermit } from "../local/permit/start.ts";
import { connectOrganization } from "./client.ts";
import type { PermitConnection } from "./http.ts";
import { createPacer } from "./rate-limits.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
};
const scope = json(200, { organization_id: "org" });
const environment = json(200, { id: "env", key: "demo", name: "Demo" });

/** A server that gives these answers, one after the other, and remembers what it was asked. */
async function answering(answers: readonly Answer[], pace?: PermitConnection["pace"]) {
  const left = [...answers];
  const seen: { method: string; path: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    seen.push({
      method: request.method ?? "",
      path: request.url ?? "",
      authorization: request.headers.authorization,
    });
    const answer = left.shift() ?? json(500, {});
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const waits: number[] = [];
  const requests: string[] = [];
  const told: string[] = [];
  const organization = connectOrganization({
    ...(pace === undefined ? {} : { pace }),
    onWait: (sentence) => told.push(sentence),
    apiUrl,
    apiKey: "permit_key_secret",
    onRequest: (method, path) => requests.push(`${method} ${path}`),
    wait: async (ms) => waits.push(ms),
  });
  return {
    apiUrl,
    organization,
    seen,
    waits,
    requests,
    told,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

let permit: Awaited<ReturnType<typeof answering>> | undefined;
afterEach(() => permit?.close());

async function getEnvironment() {
  const api = await permit?.organization.management();
  return api?.environments.get("default", "demo");
}
async function createEnvironment() {
  const api = await permit?.organization.management();
  return api?.environments.create("default", { key: "demo", name: "Demo" });
}

describe("repeats", () => {
  test("a 429 on a create is repeated after the time it asks for", async () => {
    permit = await answering([scope, scope, json(429, {}, { "retry-after": "7" }), json(429, {}), environment]);
    await createEnvironment();
    expect(permit.waits).toEqual([7_000, 2_000]);
    expect(permit.told).toEqual(["Permit answered 429: waiting 7 s.", "Permit answered 429: waiting 2 s."]);
    expect(permit.requests.filter((request) => request.startsWith("POST"))).toHaveLength(3);
    expect(permit.seen.map(({ authorization }) => authorization)).toEqual(
      Array.from({ length: 5 }, () => "Bearer permit_key_secret"),
    );
  });

  test("a 500 on a read is repeated, on a create it is not: the create may have happened", async () => {
    permit = await answering([scope, scope, json(500, {}), environment]);
    expect(await getEnvironment()).toMatchObject({ key: "demo" });
    permit.close();
    permit = await answering([scope, scope, json(500, { title: "Oops" }), environment]);
    await expect(createEnvironment()).rejects.toMatchObject({ status: 500, code: "HTTP_500" });
    expect(permit.waits).toEqual([]);
  });

  test("a lost answer to a read is repeated", async () => {
    permit = await answering([scope, scope, (request) => request.socket.destroy(), environment]);
    expect(await getEnvironment()).toMatchObject({ key: "demo" });
    expect(permit.waits).toEqual([1_000]);
  });

  test("it gives up after eight attempts, waiting longer each time and at most a minute", async () => {
    permit = await answering([scope, scope, ...Array.from({ length: 20 }, () => json(503, {}))]);
    await expect(getEnvironment()).rejects.toMatchObject({ name: "PermitRequestError", status: 503 });
    expect(permit.waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
  });
});

test("a request that would be one too many waits for its turn, repeats included, and says so", async () => {
  const limit = { text: "two requests a minute", requestsMax: 2, windowMs: 60_000, counts: () => true };
  let nowMs = 0;
  const pacer = createPacer([limit]);
  permit = await answering([scope, scope, json(500, {}), environment], (method, path) => pacer(method, path, nowMs));
  nowMs = 10_000;
  await getEnvironment();
  expect(permit.waits).toEqual([60_000, 1_000, 60_000]);
  expect(permit.told[0]).toBe("Permit allows two requests a minute: waiting 60 s.");
});

describe("failures", () => {
  test("a 422 names every field, a 409 has Permit's code and sentence", async () => {
    const detail = [{ loc: ["body", "key"], msg: "string does not match regex", type: "value_error.str.regex" }];
    permit = await answering([scope, scope, json(422, { detail })]);
    await expect(createEnvironment()).rejects.toMatchObject({
      status: 422,
      code: "VALIDATION",
      message: "Permit answered 422 to POST /v2/projects/default/envs: body.key: string does not match regex.",
    });
    permit.close();
    const conflict = { error_code: "DUPLICATE_ENTITY", message: "Environment demo exists." };
    permit = await answering([scope, scope, json(409, conflict)]);
    await expect(createEnvironment()).rejects.toMatchObject({
      status: 409,
      code: "DUPLICATE_ENTITY",
      message: "Permit answered 409 to POST /v2/projects/default/envs: Environment demo exists.",
    });
  });

  test("a wrong key is said to be one, and is in no message and no log", async () => {
    const written: string[] = [];
    const spies = [process.stdout, process.stderr].map((stream) =>
      vi.spyOn(stream, "write").mockImplementation((chunk) => written.push(String(chunk)) > 0),
    );
    const local = await startLocalPermit({ port: 0 });
    const organization = connectOrganization({ apiUrl: local.url, apiKey: "permit_key_wrong" });
    const error = await organization.management().catch((reason: unknown) => reason as Error);
    for (const spy of spies) spy.mockRestore();
    await local.close();
    expect(error).toMatchObject({ name: "PermitRequestError", status: 401 });
    expect((error as Error).message).toContain("Check the Permit API key.");
    expect([(error as Error).stack, JSON.stringify(error), ...written].join("\n")).not.toContain("permit_key_wrong");
  });

  test("a key of one environment is refused before anything is asked of it", async () => {
    permit = await answering([json(200, { organization_id: "org", project_id: "p", environment_id: "e" })]);
    await expect(createEnvironment()).rejects.toMatchObject({ status: 403, code: "KEY_TOO_NARROW" });
    expect(permit.requests).toEqual(["GET /v2/api-key/scope"]);
  });

  test("a redirect is not followed: it would carry the key away", async () => {
    const elsewhere = await answering([environment]);
    permit = await answering([scope, scope, json(302, {}, { location: `${elsewhere.apiUrl}/stolen` })]);
    await expect(getEnvironment()).rejects.toMatchObject({ status: 302 });
    expect(elsewhere.seen).toEqual([]);
    elsewhere.close();
  });
});

describe("with a local Permit", () => {
  let local: Awaited<ReturnType<typeof startLocalPermit>>;
  beforeEach(async () => {
    local = await startLocalPermit({ port: 0 });
  });
  afterEach(() => local.close());

  test("a failed connection to an environment is tried again the next time", async () => {
    const organization = connectOrganization({ apiUrl: `${local.url}/`, apiKey: local.orgKey });
    const ref = { project: "default", environment: "demo" };
    await expect(organization.environment(ref)).rejects.toMatchObject({ status: 404 });
    const api = await organization.management();
    await api.environments.create("default", { key: "demo", name: "Demo" });
    const client = await organization.environment(ref);
    expect(await client.api.resources.list()).toEqual([]);
    expect(await organization.environment(ref)).toBe(client);
    expect(await organization.environmentKey(ref)).toMatch(/^permit_key_/);
  });
});
