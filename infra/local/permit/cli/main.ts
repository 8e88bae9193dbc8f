import { serve } from "./serve.ts";
import { UsageError } from "./usage-error.ts";

/** The command line: what each command takes, `--help` tells. Exit code 2 is a command line that can't be obeyed. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await serve(args);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!(error instanceof UsageError || code?.startsWith("ERR_PARSE_ARGS_"))) throw error;
    process.stderr.write(`${(error as Error).message}\nSee --help.\n`);
    return 2;
  }
}
