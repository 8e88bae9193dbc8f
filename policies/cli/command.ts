import { type ParseArgsConfig, parseArgs } from "node:util";

/** Exit code of the program: 0 fine, 1 findings, 2 used wrongly. */
export type ExitCode = 0 | 1 | 2;

/** Where a command writes. */
export interface Output {
  /** A line of the result, on standard output. Text from files and servers goes through `visible` first. */
  readonly line: (text: string) => void;
  /** A line about the work under way, on standard error. */
  readonly note: (text: string) => void;
  /**
   * How far long work is, shown in place on standard error; nothing where that is not a terminal. Without a text the
   * line is taken away.
   */
  readonly progress: (text?: string) => void;
  /** True when the result goes to a terminal that shows colours (NO_COLOR is not set). */
  readonly colors: boolean;
}

/** One command of the program; each is a file of its own, listed in `commands.ts`. */
export interface Command {
  readonly name: string;
  /** One line for the program's help. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Runs with the arguments after the command's name. Throws UsageError. */
  readonly run: (args: readonly string[], output: Output) => ExitCode | Promise<ExitCode>;
}

/** The program was used wrongly; the message says how to use it. Ends it with exit code 2. */
export class UsageError extends Error {}

/**
 * Parses a command's arguments: options, and exactly the words that `words` names (`?` at the end of a name: it may be
 * left out; three dots at the end of the last: once or more). Throws UsageError for an unknown option, a missing value, a missing or a stray word.
 */
export function parseOptions<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: T,
  words: readonly string[] = [],
) {
  let parsed: ReturnType<typeof parse<T>>;
  try {
    parsed = parse(args, options);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = parsed;
  const stray = positionals[words.length];
  const more = words.at(-1)?.endsWith("...") === true;
  if (stray !== undefined && !more) throw new UsageError(`Unexpected argument ${JSON.stringify(stray)}.`);
  const missing = words[positionals.length];
  if (missing !== undefined && !missing.endsWith("?"))
    throw new UsageError(`Say which <${missing.replace("...", "")}>.`);
  return { values, words: positionals };
}

function parse<T extends NonNullable<ParseArgsConfig["options"]>>(args: readonly string[], options: T) {
  return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
}
