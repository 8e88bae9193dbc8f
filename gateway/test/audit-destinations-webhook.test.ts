/** Audit lines to a webhook: a real server that checks each signature with the library of Standard Webhooks. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createWebhookDestination } from "../src/adapters/audit-destinations/webhook.ts";
import type { AuditDestination } from "../src/deps/audit.ts";
import { startHttpsServer } from "../testing/https-server.ts";
import { chainLines, jsonLines, settingsOf } from "./audit-destinations-fixture.ts";

const [secret, next, other] = [1, 2, 3].map((byte) => `whsec_${Buffer.alloc(32, byte).toString("base64")}`) as [
  string,
  string,
  string,
];

interface Received {
  readonly url: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let server: Server;
let port = 0;
let received: Received[] = [];
let answer: (response: ServerResponse) => void;
let open: AuditDestination[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { url = "", method = "", headers } = request;
      received.push({ url, method, headers, body: Buffer.concat(chunks) });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  received = [];
  answer = (response) => response.writeHead(204).end();
});
afterEach(async () => {
  for (const each of open) await each.close();
  open = [];
});

const destination = (url = `http://127.0.0.1:${port}/in`, secrets = [secret], ca?: string) => {
  const parts = { secrets, clock: () => new Date(), ...(ca === undefined ? {} : { ca }) };
  const made = createWebhookDestination(settingsOf("webhook", url), parts);
  open.push(made);
  return made;
};
const verify = ({ headers, body }: Received, key: string) =>
  new Webhook(key).verify(body, headers as Record<string, string>, { jsonParse: false });

test("a delivery is one signed POST of the lines as they are, and the same again has the same id", async () => {
  const lines = chainLines(300, { chain: "5f9c6a4e-0d0c-7000-8000-000000000001", from: 41 });
  const webhook = destination();
  expect(await webhook.deliver(lines)).toBe(0);
  await webhook.deliver(lines);
  await webhook.deliver(lines.slice(0, 10));
  const [first, again] = received as [Received, Received];
  expect(first).toMatchObject({ method: "POST", url: "/in" });
  expect(first.headers).toMatchObject({
    "content-type": "application/x-ndjson",
    "webhook-id": "5f9c6a4e-0d0c-7000-8000-000000000001-41-340",
  });
  expect(first.body.toString()).toBe(jsonLines(lines));
  expect(again.body.equals(first.body)).toBe(true);
  expect(received.map(({ headers }) => headers["webhook-id"])).toEqual([
    "5f9c6a4e-0d0c-7000-8000-000000000001-41-340",
    "5f9c6a4e-0d0c-7000-8000-000000000001-41-340",
    "5f9c6a4e-0d0c-7000-8000-000000000001-41-50",
  ]);
});

test("its signature is that of the body, the id and the secret", async () => {
  await destination().deliver(chainLines(3));
  const [first] = received as [Received];
  expect(() => verify(first, secret)).not.toThrow();
  expect(() => verify(first, other)).toThrow();
  expect(() => verify({ ...first, body: Buffer.concat([first.body, Buffer.from("\n")]) }, secret)).toThrow();
  expect(() => verify({ ...first, headers: { ...first.headers, "webhook-id": "another" } }, secret)).toThrow();
});

test("while one secret takes the place of another, receivers with either know it", async () => {
  await destination(undefined, [secret, next]).deliver(chainLines(1));
  const [first] = received as [Received];
  for (const key of [secret, next]) expect(() => verify(first, key)).not.toThrow();
  expect(() => verify(first, other)).toThrow();
});

test.each<[number, Record<string, string>, string]>([
  [301, { location: "/elsewhere" }, "Redirects are not followed"],
  [307, { location: "/elsewhere" }, "Redirects are not followed"],
  [400, {}, "It must take a POST of application/x-ndjson"],
  [401, {}, "AUDIT_WEBHOOK_SECRET"],
  [404, {}, "Correct the address"],
  [413, {}, "It must take bodies of 1048576 bytes"],
  [429, { "retry-after": "120" }, "It has no time or is out of order. It says Retry-After: 120."],
  [503, { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, "It says Retry-After: Wed, 21 Oct 2026 07:28:00 GMT."],
  [503, { "retry-after": "<secret in markup>" }, "It has no time or is out of order."],
])("%i with %j is no delivery, and nothing of the answer's body is repeated", async (status, headers, sentence) => {
  answer = (response) => response.writeHead(status, headers).end("hidden body");
  const failure = await destination()
    .deliver(chainLines(2))
    .catch((error: Error) => error.message);
  expect(failure).toContain(`http://127.0.0.1:${port}/in answered ${status}. `);
  expect(failure).toContain(sentence);
  expect(failure).not.toMatch(/hidden|markup/);
  // Neither followed nor tried again: that is the shipper's.
  expect(received.map(({ url }) => url)).toEqual(["/in"]);
});

test("a connection that ends without an answer, or a closing gateway, is no delivery", async () => {
  answer = (response) => void response.socket?.destroy();
  await expect(destination().deliver(chainLines(1))).rejects.toThrow("did not answer");
  const webhook = destination();
  answer = () => void webhook.close();
  await expect(webhook.deliver(chainLines(1))).rejects.toThrow("did not answer");
});

test("no answer in time is no delivery", async () => {
  answer = () => undefined;
  const parts = { secrets: [secret], clock: () => new Date(), timeoutMs: 500 };
  const hurried = createWebhookDestination(settingsOf("webhook", `http://127.0.0.1:${port}/in`), parts);
  open.push(hurried);
  const startedMs = performance.now();
  await expect(hurried.deliver(chainLines(1))).rejects.toThrow("did not answer within 0.5 s");
  expect(performance.now() - startedMs).toBeGreaterThan(450);
});

test("over TLS a receiver with a certificate of no known authority gets nothing", async () => {
  const bodies: string[] = [];
  const https = await startHttpsServer("localhost", (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      bodies.push(Buffer.concat(chunks).toString());
      response.writeHead(200).end();
    });
  });
  const url = `https://localhost:${https.port}/in`;
  await expect(destination(url).deliver(chainLines(1))).rejects.toThrow("did not answer");
  expect(bodies).toEqual([]);
  const lines = chainLines(2);
  await destination(url, [secret], https.ca).deliver(lines);
  expect(bodies).toEqual([jsonLines(lines)]);
  await https.close();
});
