/**
 * `node infra/local/issue-tracker/main.ts --port N [--data FILE]`: the demo's own MCP server, over streamable HTTP in
 * both protocol eras. `GET /calls` lists the tools that ran, in order, so that a test can tell what reached it.
 */
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import {
  localhostHostValidation,
  localhostOriginValidation,
  type NodeIncomingMessageLike,
  toNodeHandler,
} from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { createIssueTracker } from "./server.ts";
import { IssueStore } from "./store.ts";

const { values } = parseArgs({ options: { port: { type: "string" }, data: { type: "string" } } });
const port = Number(values.port);
if (!Number.isInteger(port) || port < 1) {
  process.stderr.write("usage: node infra/local/issue-tracker/main.ts --port N [--data FILE]\n");
  process.exit(2);
}

const store = new IssueStore(values.data);
const calls: string[] = [];
const handler = toNodeHandler(createMcpHandler(() => createIssueTracker(store, (tool) => calls.push(tool))));
const validHost = localhostHostValidation();
const validOrigin = localhostOriginValidation();

const server = createServer((request, response) => {
  // It has no authentication of its own: a web page must not reach it through DNS rebinding.
  if (!validHost(request, response) || !validOrigin(request, response)) return;
  const path = request.url?.split("?")[0];
  if (path === "/mcp") {
    // The SDK's structural type leaves out the `undefined` that node:http allows in `method` and `url`.
    void handler(request as NodeIncomingMessageLike, response);
  } else if (path === "/calls" && request.method === "GET") {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ calls }));
  } else {
    response.writeHead(404, { "content-type": "text/plain" }).end("This server speaks MCP at /mcp.\n");
  }
});
server.on("error", (error) => {
  process.stderr.write(`issue tracker: ${error.message}\n`);
  process.exit(1);
});
server.listen(port, "127.0.0.1");
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
