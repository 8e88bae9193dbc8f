import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { ProgramRecord, ProgramRequest } from "../../testing/record-program.ts";
import { runProgram } from "../../testing/run-program.ts";

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

/** A stack to run. */
export interface StackRun extends Extract<ProgramRequest, { stack: string }> {
  /** Configuration that is secret, without the prefix of the project. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Runs the whole program for one stack without an engine, in a process of its own. Throws what it writes on standard error. */
export function runStack({ config, secrets = {}, ...request }: StackRun): Promise<ProgramRecord> {
  const named = Object.fromEntries(Object.entries(secrets).map(([key, value]) => [`${project}:${key}`, value]));
  return runProgram({ ...request, config: { ...config, ...named } });
}
