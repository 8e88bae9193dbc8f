/**
 * `DATABASE_URL=<URL> node minimum.ts <port> <upstream URL> <decision point URL>`: what is promised of every call and nothing else.
 * A decision is asked for over HTTP, a record of it is durable before the answer, and a record of the result follows; both are
 * lines in a chain of hashes. There is no token, consent, policy, check, limit or framework, and what waits goes together, as in
 * the gateway. It shows what the promise alone costs, with records stored as the gateway stores them.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent, type Dispatcher } from "undici";
import { openRecords } from "./minimum-record.ts";
import { oneAtATime } from "./one-at-a-time.ts";

const [port = "", upstream = "", decisionPoint = ""] = process.argv.slice(2);
// As many connections as the gateway opens.
const agent = new Agent({ bodyTimeout: 0, headersTimeout: 0, connections: null });
const records = await openRecords(process.env.DATABASE_URL ?? "");

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const passedOn = ["content-type", "mcp-session-id"];

/** Without streams: their objects cost more than all else here. */
function post(url: URL, headers: Record<string, string>, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let status = 0;
    const answered: Record<string, string> = {};
    const chunks: Buffer[] = [];
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, statusCode, all) => {
        status = statusCode;
        for (const name of passedOn) if (all[name] !== undefined) answered[name] = String(all[name]);
      },
      onResponseData: (_controller, chunk) => {
        chunks.push(chunk);
      },
      onResponseEnd: () => resolve({ status, headers: answered, body: Buffer.concat(chunks) }),
      onResponseError: (_controller, error) => reject(error),
    };
    agent.dispatch({ origin: url.origin, path: url.pathname, method: "POST", headers, body }, handler);
  });
}

const json = { "content-type": "application/json" };
const decisionUrl = new URL(decisionPoint);
/** Any answer of the stand-in means yes. */
const decided = oneAtATime<string>(async (users) => {
  const checks = users.map((key) => ({ user: { key }, action: "call", resource: { type: "bench" } }));
  const question = {
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { arguments: { note: "", bytes: 0, checks } },
  };
  const { body } = await post(decisionUrl, json, JSON.stringify(question));
  if (JSON.parse(body.toString()).result === undefined) throw new Error("The stand-in for decisions did not answer.");
});

const upstreamUrl = new URL(upstream);
async function serve(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
  const message: unknown = JSON.parse(body);
  await decided("developer");
  const id = randomUUID();
  const recorded = records.write({ id, event: "tool_call", asked: message });
  const { accept = "", "mcp-session-id": session } = request.headers;
  const headers = { ...json, accept, ...(typeof session === "string" ? { "mcp-session-id": session } : {}) };
  const [answer] = await Promise.all([post(upstreamUrl, headers, JSON.stringify(message)), recorded]);
  records.note({ id: randomUUID(), event: "call_result", of: id, bytes: answer.body.length });
  response.writeHead(answer.status, { ...answer.headers, "content-length": answer.body.length }).end(answer.body);
}

createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (request.method !== "POST") return void response.end();
    serve(request, response, Buffer.concat(chunks).toString()).catch(() => response.writeHead(500).end());
  });
}).listen(Number(port), "127.0.0.1");
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
