/** Attacks on how requests and answers are told apart on a connection, from clients and from upstreams: raw bytes, because no HTTP library sends these. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { alice, gateway, prepareAttackedGateway, token, upstream } from "./attacked-gateway.ts";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, toolCall } from "./mcp-requests.ts";

prepareAttackedGateway();

/** Sends the bytes and resolves with all that comes back until the gateway closes the connection. */
async function exchange(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(bytes, "latin1");
  return text(socket);
}

const conforming = toolCall("list_issues");
const call = JSON.stringify(conforming.body);
const protocol = Object.entries(conforming.headers).map(([name, value]) => `${name}: ${value}\r\n`);
/** The beginning of a call that is allowed, up to where its length is said. */
const head = (bearer = `authorization: Bearer ${token}\r\n`) =>
  `POST /mcp/issues HTTP/1.1\r\nhost: ${new URL(gateway.url).host}\r\n${bearer}content-type: application/json\r\n${protocol.join("")}`;
/** What would be taken for a request of its own where a body is thought to end sooner. */
const hidden = () => `${head()}content-length: ${call.length}\r\n\r\n${call}`;
const chunked = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

describe("a request whose end is not the same for everybody is refused, with all that follows it", () => {
  test.each<[string, () => string]>([
    ["a length and chunks", () => `content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n${chunked(call)}`],
    ["chunks and a length", () => `transfer-encoding: chunked\r\ncontent-length: ${call.length}\r\n\r\n${call}`],
    ["two lengths", () => `content-length: ${call.length}\r\ncontent-length: 0\r\n\r\n${call}`],
    ["the same length twice", () => `content-length: ${call.length}\r\ncontent-length: ${call.length}\r\n\r\n${call}`],
    ["a list of lengths", () => `content-length: ${call.length}, ${call.length}\r\n\r\n${call}`],
    ["a length with a sign", () => `content-length: +${call.length}\r\n\r\n${call}`],
    ["a negative length", () => `content-length: -1\r\n\r\n${call}`],
    ["an unknown coding", () => `transfer-encoding: xchunked\r\n\r\n${chunked(call)}`],
    ["a coding after the chunks", () => `transfer-encoding: chunked, identity\r\n\r\n${chunked(call)}`],
    ["a space before the colon", () => `transfer-encoding : chunked\r\n\r\n${chunked(call)}`],
    ["a folded header", () => `transfer-encoding:\r\n chunked\r\n\r\n${chunked(call)}`],
    ["a header that is continued", () => `x: 1\r\n  content-length: 0\r\ncontent-length: 4\r\n\r\n${call}`],
    ["a line that ends without CR", () => `x: 1\ncontent-length: ${call.length}\r\n\r\n${call}`],
    ["lines that end without CR", () => `content-length: ${call.length}\n\n${call}`],
    ["a CR within a header", () => `mcp-param-region: eu\rx: 1\r\ncontent-length: ${call.length}\r\n\r\n${call}`],
    ["a NUL within a header", () => `mcp-param-region: e\0u\r\ncontent-length: ${call.length}\r\n\r\n${call}`],
    ["a chunk's length with a sign", () => `transfer-encoding: chunked\r\n\r\n+${chunked(call)}`],
    ["a chunk's length that overflows", () => `transfer-encoding: chunked\r\n\r\n1000000000000000${chunked(call)}`],
    ["a chunk that is longer than it says", () => `transfer-encoding: chunked\r\n\r\n2\r\n${call}\r\n0\r\n\r\n`],
    [
      "a chunk that ends without CR",
      () => `transfer-encoding: chunked\r\n\r\n${chunked(call).replaceAll("\r\n", "\n")}`,
    ],
  ])("%s", async (_what, rest) => {
    const answer = await exchange(`${head()}${rest()}${hidden()}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    // One answer: nothing behind it was taken for a request.
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(upstream.requests).toEqual([]);
    // Nobody knows which call it would have been.
    expect(gateway.world.audit.filter(({ decision }) => decision === "allow")).toEqual([]);
  });
});

test("a second request on a connection has nothing of the first: not its token", async () => {
  const first = `${head()}content-length: ${call.length}\r\n\r\n${call}`;
  const second = `${head("")}connection: close\r\ncontent-length: ${call.length}\r\n\r\n${call}`;
  const answer = await exchange(first + second);
  expect([...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(["200", "401"]);
  expect(upstream.ran).toEqual(["list_issues"]);
  expect(gateway.world.audit).toHaveLength(1);
});

describe("CRLF in what becomes a header", () => {
  const encoded = (value: string) => `=?base64?${Buffer.from(value).toString("base64")}?=`;

  test("in Mcp-Name, encoded: no tool has such a name", async () => {
    const name = "list_issues\r\nx-evil: 1";
    const { headers, body } = toolCall(name);
    const answer = await post(gateway, token, { headers: { ...headers, "mcp-name": encoded(name) }, body });
    expect(answer.body.error?.data.code).toBe("TOOL_UNKNOWN");
    expect(upstream.requests).toEqual([]);
    expect(gateway.world.audit).toMatchObject([{ decision: "deny", tool: "list_issues\uFFFD\uFFFDx-evil: 1" }]);
  });

  test("in Mcp-Param, encoded: it reaches the upstream as encoded as it came", async () => {
    const { headers, body } = toolCall("list_issues");
    const value = encoded("eu\r\nx-evil: 1");
    await post(gateway, token, { headers: { ...headers, "mcp-param-region": value }, body });
    const [seen] = upstream.requests;
    expect(seen?.headers["mcp-param-region"]).toBe(value);
    expect(Object.keys(seen?.headers ?? {})).not.toContain("x-evil");
    expect(gateway.world.audit).toHaveLength(1);
  });
});

describe("an upstream that splits its answer", () => {
  let raw: Server;
  let behind: GatewayFixture;
  let answer: (id: number) => string = () => "";
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    raw = createServer((socket) => {
      sockets.add(socket);
      let received = "";
      socket.on("error", () => undefined);
      socket.on("data", (chunk: Buffer) => {
        received += chunk.toString("latin1");
        const [, id] = /"id":(\d+)/.exec(received) ?? [];
        if (id === undefined) return;
        received = "";
        socket.write(answer(Number(id)), "latin1");
      });
    });
    raw.listen(0, "127.0.0.1");
    await once(raw, "listening");
    behind = await startGateway(`http://127.0.0.1:${(raw.address() as AddressInfo).port}/mcp`);
  });
  afterAll(async () => {
    await behind.close();
    for (const socket of sockets) socket.destroy();
    raw.close();
  });
  const bearer = () => {
    behind.world.audit.length = 0;
    behind.world.ceilings.set(alice, "high");
    return `token-${behind.connect(alice, "client-a", "low").id}`;
  };
  const whole = (id: number, note: string, headers = "") => {
    const body = JSON.stringify({ jsonrpc: "2.0", id, result: { note } });
    return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`;
  };

  test("a second answer behind the first is nobody's", async () => {
    answer = (id) => whole(id, "own") + whole(id + 1, "evil");
    const notes: unknown[] = [];
    for (const id of [1, 2, 3]) {
      const { body } = await post(behind, bearer(), toolCall("list_issues", {}, id));
      notes.push(body.id, body.result?.note);
    }
    expect(notes).toEqual([1, "own", 2, "own", 3, "own"]);
  });

  test("headers behind a header do not reach the client", async () => {
    answer = (id) =>
      whole(id, "own", "mcp-session-id: abc\r\nset-cookie: evil=1\r\nlocation: https://evil.example\r\n");
    const { headers } = await post(behind, bearer(), toolCall("list_issues"));
    expect([headers.get("set-cookie"), headers.get("location")]).toEqual([null, null]);
  });

  test.each([
    ["a CR within a header", "retry-after: 1\rset-cookie: evil=1\r\n"],
    ["a NUL within a header", "retry-after: 1\0\r\n"],
    ["a length and chunks", "transfer-encoding: chunked\r\n"],
    ["two lengths", "content-length: 0\r\n"],
  ])("%s: 502 with the request's id, one record", async (_what, headers) => {
    answer = (id) => whole(id, "evil", headers);
    const { status, body, text: seen } = await post(behind, bearer(), toolCall("list_issues", {}, 7));
    expect([status, body.id, body.error?.data.code]).toEqual([502, 7, "UPSTREAM_UNAVAILABLE"]);
    expect(seen).not.toContain("evil");
    expect(behind.world.audit).toMatchObject([{ decision: "allow" }]);
  });
});
