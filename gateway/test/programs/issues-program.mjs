/**
 * An MCP server that is a program: does what a call tells it, and notes in the file MARKS what befell it. Written without
 * the SDK, which takes most of a second to load: `npm run conformance:clients` is where real servers are started.
 */
import { spawn } from "node:child_process";
import { appendFileSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";

const mark = (text) => appendFileSync(process.env.MARKS, `${text}\n`);
mark(`started ${process.pid}`);

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const tools = ["list_issues", "delete_issue"].map((name) => ({ name, inputSchema: { type: "object" } }));
const cancelled = new Map();
const answers = new Map();

const ask = (method, params) =>
  new Promise((resolve) => {
    answers.set("question", resolve);
    send({ id: "question", method, params });
  });

const does = {
  environment: () => {
    process.stderr.write(`\u001b[2Jmy token is ${process.env.API_TOKEN}\n`);
    return { env: process.env, argv: process.argv.slice(2), files: readdirSync("."), cwd: process.cwd() };
  },
  progress: (_id, { _meta }) => {
    for (const progress of [1, 2, 3]) {
      send({
        method: "notifications/progress",
        params: { progressToken: _meta.progressToken, progress, total: 3 },
      });
    }
    return "done";
  },
  wait: async (id) => {
    mark("waiting");
    await new Promise((resolve) => cancelled.set(id, resolve));
    mark("cancelled");
    return "never seen";
  },
  ask: () => ask("elicitation/create", { message: "Which?", requestedSchema: { type: "object", properties: {} } }),
  announce: () => {
    send({ method: "notifications/tools/list_changed" });
    return "announced";
  },
  crash: () => process.exit(3),
  shout: () => {
    process.stdout.write(`{"jsonrpc":"2.0","id":1,"result":"${"x".repeat(9 * 1024 * 1024)}`);
    return new Promise(() => undefined);
  },
  flood: (id) => {
    // As fast as it is read: what is counted is how much that was.
    const line = `${JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x".repeat(64 * 1024) } })}\n`;
    let written = 0;
    const write = () => {
      while (written < 1024) {
        written += 1;
        if (!process.stdout.write(line)) return process.stdout.once("drain", write);
      }
      send({ id, result: { content: [] } });
    };
    write();
    setInterval(() => mark(`flooded ${written}`), 100).unref();
    return new Promise(() => undefined);
  },
  babble: () => {
    process.stdout.write("Hello!\n{ not json\n[]\n");
    return "babbled";
  },
  breed: () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], { stdio: "inherit" });
    mark(`started ${child.pid}`);
    return "bred";
  },
  stay: () => {
    process.on("SIGTERM", () => mark("asked to end"));
    setInterval(() => undefined, 1000);
    return "staying";
  },
};

async function handle({ id, method, params, result }) {
  if (method === undefined) return answers.get(id)?.(result);
  if (method === "notifications/cancelled") return cancelled.get(params.requestId)?.();
  if (id === undefined) return;
  if (method === "initialize") {
    const { protocolVersion } = params;
    const capabilities = { tools: { listChanged: true } };
    return send({ id, result: { protocolVersion, capabilities, serverInfo: { name: "issues", version: "1" } } });
  }
  if (method === "tools/list") return send({ id, result: { tools } });
  if (method !== "tools/call") return send({ id, error: { code: -32601, message: "Method not found" } });
  if (params.name === "delete_issue") mark("deleted");
  const { what = "" } = params.arguments ?? {};
  const said = Object.hasOwn(does, what) ? await does[what](id, params) : what;
  send({ id, result: { content: [{ type: "text", text: JSON.stringify(said) }] } });
}

createInterface({ input: process.stdin })
  .on("line", (line) => void handle(JSON.parse(line)))
  .on("close", () => mark("input closed"));
