/**
 * `node upstream.ts <port> <file>`: an MCP server whose tools do what their arguments say, and note in the file that they
 * were called.
 */
import { appendFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type NodeIncomingMessageLike, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

const [port = "0", file = ""] = process.argv.slice(2);

/** What a call makes the server do. */
const behaviours = ["answer", "slow", "break"] as const;
const slowMs = 3_000;
const inputSchema = z.object({ id: z.string(), behaviour: z.enum(behaviours) });

interface Message {
  readonly method?: string;
  readonly params?: { readonly arguments?: { readonly id?: string; readonly behaviour?: string } };
}

function createTools(): McpServer {
  const server = new McpServer({ name: "completeness", version: "1.0.0" });
  for (const name of ["read_item", "write_item", "delete_item"]) {
    server.registerTool(name, { description: name, inputSchema }, async ({ id, behaviour }) => {
      if (behaviour === "slow") await sleep(slowMs);
      return { content: [{ type: "text", text: id }] };
    });
  }
  return server;
}

const handle = toNodeHandler(createMcpHandler(createTools));
const server = createServer((request: IncomingMessage, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const message = chunks.length === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString()) as Message);
    const { id, behaviour } = message?.params?.arguments ?? {};
    if (message?.method === "tools/call") appendFileSync(file, `${id}\n`);
    if (behaviour === "break") return void request.socket.destroy();
    void handle(request as NodeIncomingMessageLike, response, message);
  });
});
server.listen(Number(port), "127.0.0.1");
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
