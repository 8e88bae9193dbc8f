/** The programs that this gateway starts as MCP servers, from its own configuration. */
import type { ServerTransport } from "@permit-mcp-gateway/policies";
import { z } from "zod";
import { jsonVariable } from "./json-variable.ts";

const example = '[{"command":"/usr/bin/wiki-mcp","args":["--read-only"],"env":["WIKI_TOKEN"]}]';

/**
 * The variable STDIO_PROGRAMS. Whole command lines, and the names of variables: which program runs, with which arguments,
 * is never for whoever can write to Permit to say. `node` or a shell with arguments of their choice would be any program,
 * and so would one with `NODE_OPTIONS` or `LD_PRELOAD` of their choice.
 */
export const programsSchema = jsonVariable(example)
  .pipe(
    z.array(
      z.strictObject({
        command: z.string().min(1),
        args: z.array(z.string()).default([]),
        env: z.array(z.string()).default([]),
      }),
    ),
  )
  .prefault("[]");

/** One program that may be started: exactly this command line, with no other variables than these. */
export type AllowedProgram = z.output<typeof programsSchema>[number];

/** True when exactly this command line is one of `programs`, with every variable that it gets. */
export function isAllowed(
  { command, args, env }: Extract<ServerTransport, { type: "stdio" }>,
  programs: readonly AllowedProgram[],
): boolean {
  const line = JSON.stringify([command, ...args]);
  return programs.some(
    (program) =>
      JSON.stringify([program.command, ...program.args]) === line &&
      Object.keys(env).every((name) => program.env.includes(name)),
  );
}
