import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import Fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { bytesHeld, inBytes } from "../../testing/open-chunks.ts";
import { gatherBody } from "./gather-body.ts";
import { TestHost } from "./testing/test-host.ts";

const bodyLimit = 64 * 1024;
let app: FastifyInstance;
/** Pieces that a parser was given of each body. */
const pieces: number[] = [];

beforeAll(async () => {
  app = Fastify({ bodyLimit });
  app.addHook("preParsing", gatherBody);
  app.addHook("preParsing", async (_request, _reply, payload) => {
    let count = 0;
    payload.on("data", () => {
      count += 1;
    });
    payload.once("end", () => pieces.push(count));
    return payload;
  });
  app.post("/", async ({ body }) => ({ length: (body as { readonly text: string }).text.length }));
  await app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => app.close());
beforeEach(() => {
  pieces.length = 0;
});

async function send(rest: string): Promise<string> {
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(
    `POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${rest}`,
  );
  return text(socket);
}

test("a body of 1-byte chunks reaches the parser in one piece", async () => {
  const body = JSON.stringify({ text: "x".repeat(30_000) });
  expect(await send(`${inBytes(body)}0\r\n\r\n`)).toMatch(/ 200 OK.*{"length":30000}/s);
  expect(pieces).toEqual([1]);
});

test("more than the route takes: 413, before it ends", async () => {
  expect(await send(inBytes("x".repeat(bodyLimit + 1)))).toMatch(/ 413 /);
});

test("a client that goes away in the middle: the next one is served", async () => {
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  socket.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 40\r\n\r\n{");
  socket.destroy();
  await once(socket, "close");
  expect(await send(`${inBytes('{"text":""}')}0\r\n\r\n`)).toMatch(/ 200 OK/);
});

test("no body: nothing is awaited", async () => {
  expect((await app.inject({ method: "POST", url: "/" })).statusCode).toBe(500);
  expect((await app.inject({ url: "/" })).statusCode).toBe(404);
});

test("what anybody may post to the authorization server costs about its bytes while it is open", async () => {
  const host = await TestHost.start(await openMemoryDatabase());
  const own = `host: ${new URL(host.publicUrl).host}\r\norigin: ${host.publicUrl}\r\n`;
  const held = (path: string, type: string) => {
    const head = `POST ${path} HTTP/1.1\r\n${own}content-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`;
    return bytesHeld(host.app, head, "x".repeat(60_000));
  };
  // What the database's start has left behind goes with the first.
  await held("/api/auth/sign-in/email", "application/json");
  // Kept chunks would take more than ten megabytes.
  expect(await held("/api/auth/sign-in/email", "application/json")).toBeLessThan(5_000_000);
  expect(await held("/api/auth/oauth2/token", "application/x-www-form-urlencoded")).toBeLessThan(5_000_000);
  await host.close();
});
