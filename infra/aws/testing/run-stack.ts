import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { StackRecord, StackRequest } from "./record-stack.ts";

const project = "permit-mcp-gateway";
const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Values that must not turn up anywhere but in secrets. */
export const secretValues = {
  permitApiKey: "organization-key-value",
  authSecret: "auth-secret-value-of-32-characters",
  initialAccounts: '[{"email":"lead@example.com","password":"account-password"}]',
} as const;

/** The configuration of a file of `stacks`, as Pulumi hands it to a program: objects as JSON. */
export function stackFile(stack: string): Record<string, string> {
  const { config } = parse(readFileSync(`${root}/stacks/Pulumi.${stack}.yaml`, "utf8")) as {
    config: Record<string, unknown>;
  };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  );
}

export interface StackRun {
  readonly stack: string;
  /** With the prefix of the project. */
  readonly config: Readonly<Record<string, string>>;
  /** Without it. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly references?: StackRequest["references"];
}

/** Runs the whole program for one stack without an engine, in a process of its own. Throws what it writes on standard error. */
export async function runStack({ stack, config, secrets = {}, references = {} }: StackRun): Promise<StackRecord> {
  const named = Object.fromEntries(Object.entries(secrets).map(([key, value]) => [`${project}:${key}`, value]));
  const request: StackRequest = { stack, config: { ...config, ...named }, secrets: Object.keys(named), references };
  const script = fileURLToPath(new URL("./record-stack.ts", import.meta.url));
  const child = spawn(process.execPath, [script], { cwd: root, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(JSON.stringify(request));
  const [output, errors, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (status !== 0) throw new Error(`The program ended with ${status}:\n${errors}`);
  return JSON.parse(output) as StackRecord;
}
