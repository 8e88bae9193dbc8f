/** An MCP server that is a program and does what none should; what a call says is what it does. MARKS is where it says that it started. */
import { appendFileSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";

appendFileSync(process.env.MARKS, `${process.pid}\n`);
const lines = createInterface({ input: process.stdin });
const write = (json) => process.stdout.write(`${json}\n`);
const answer = (id, result) => write(JSON.stringify({ jsonrpc: "2.0", id, result }));
const nested = (depth) => "[".repeat(depth) + "]".repeat(depth);

const does = {
  deaf: (id) => {
    lines.pause();
    process.stdin.pause();
    setInterval(() => undefined, 1_000);
    answer(id, { content: [{ type: "text", text: "deaf" }] });
  },
  wait: () => undefined,
  deep: (id) => write(`{"jsonrpc":"2.0","id":${id},"result":{"content":[],"x":${nested(20_000)}}}`),
  log: (id) => {
    // The program dies of a pipe that nobody reads: these throw.
    writeSync(2, `${process.env.API_TOKEN.repeat(1_000)}\n`);
    setTimeout(() => {
      writeSync(2, "still heard\n");
      answer(id, { content: [{ type: "text", text: "logged" }] });
    }, 300);
  },
};

lines.on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined || method === undefined) return;
  if (method === "initialize") {
    const serverInfo = { name: "attacking", version: "1" };
    return answer(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo });
  }
  const what = params?.arguments?.what ?? "";
  if (Object.hasOwn(does, what)) return does[what](id);
  answer(id, { content: [{ type: "text", text: what.slice(0, 20) }] });
});
