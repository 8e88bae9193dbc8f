import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Address } from "./open-client.ts";
import type { Steps } from "./steps.ts";

const program = fileURLToPath(import.meta.resolve("@modelcontextprotocol/inspector/clients/launcher/build/index.js"));

async function run(args: readonly string[]): Promise<string> {
  // A home of its own: it keeps a catalog of servers there.
  const home = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-inspector-"));
  const child = spawn(process.execPath, [program, "--cli", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, HOME: home },
    timeout: 30_000,
  });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (chunk: Buffer) => {
      output[stream] += chunk.toString();
    });
  }
  await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  rmSync(home, { recursive: true, force: true });
  try {
    // A server that is a program says on standard error what it likes.
    return JSON.stringify(JSON.parse(output.stdout));
  } catch {
    return `${output.stdout}${output.stderr}`.trim();
  }
}

/** What the MCP Inspector's command line prints: the list of tools, one call, and at `server-everything` more. */
export async function inspectorSteps(
  address: Address,
  tool: { readonly name: string; readonly args: readonly string[] },
  everything: boolean,
): Promise<Steps> {
  const at = (...asked: readonly string[]) => {
    if ("command" in address) {
      const variables = Object.entries(address.env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
      return run([...variables, address.command, ...address.args, ...asked]);
    }
    const header = address.token === undefined ? [] : ["--header", `Authorization: Bearer ${address.token}`];
    return run([address.url, "--transport", "http", ...asked, ...header]);
  };
  const args = tool.args.flatMap((arg) => ["--tool-arg", arg]);
  return {
    "tools/list": await at("--method", "tools/list"),
    "tools/call": await at("--method", "tools/call", "--tool-name", tool.name, ...args),
    ...(everything
      ? {
          "resources/list": await at("--method", "resources/list"),
          "prompts/get": await at("--method", "prompts/get", "--prompt-name", "simple-prompt"),
        }
      : {}),
  };
}
