import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Steps } from "./sdk-steps.ts";

const program = fileURLToPath(import.meta.resolve("@modelcontextprotocol/inspector/clients/launcher/build/index.js"));

async function run(args: readonly string[]): Promise<string> {
  // A home of its own: it keeps a catalog of servers there.
  const home = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-inspector-"));
  const child = spawn(process.execPath, [program, "--cli", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, HOME: home },
    timeout: 30_000,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  rmSync(home, { recursive: true, force: true });
  try {
    return JSON.stringify(JSON.parse(output));
  } catch {
    return output.trim();
  }
}

/** What the MCP Inspector's command line prints. */
export async function inspectorSteps(url: string, token?: string): Promise<Steps> {
  const header = token === undefined ? [] : ["--header", `Authorization: Bearer ${token}`];
  const at = (...args: readonly string[]) => run([url, "--transport", "http", ...args, ...header]);
  return {
    "tools/list": await at("--method", "tools/list"),
    "tools/call": await at("--method", "tools/call", "--tool-name", "echo", "--tool-arg", "message=hello"),
    "resources/list": await at("--method", "resources/list"),
    "prompts/get": await at("--method", "prompts/get", "--prompt-name", "simple-prompt"),
  };
}
