import { type ParseArgsConfig, parseArgs } from "node:util";

/** Exit code of the program: 0 fine, 1 findings, 2 used wrongly. */
export type ExitCode = 0 | 1 | 2;

/** Where a command writes, a line at a time. */
export interface Output {
  readonly line: (text: string) => void;
}

/** One command of the program; each is a file of its own, listed in `commands.ts`. */
export interface Command {
  readonly name: string;
  /** One line for the program's help. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Runs with the arguments after the command's name. Throws UsageError. */
  readonly run: (args: readonly string[], output: Output) => ExitCode;
}

/** The program was used wrongly; the message says how to use it. Ends it with exit code 2. */
export class UsageError extends Error {}

/** Parses a command's arguments. Throws UsageError for an unknown option, a missing value, or a stray word. */
export function parseOptions<T extends NonNullable<ParseArgsConfig["options"]>>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
