import { CommandError } from "./at-place.ts";
import { exportCommand } from "./export.ts";
import { importCommand } from "./import.ts";
import { serve } from "./serve.ts";
import { UsageError } from "./usage-error.ts";

/** The command line: what each command takes, `--help` tells. Exit code 2 is a command line that can't be obeyed. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await run(args);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof CommandError) {
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
    if (!(error instanceof UsageError || code?.startsWith("ERR_PARSE_ARGS_"))) throw error;
    process.stderr.write(`${(error as Error).message}\nSee --help.\n`);
    return 2;
  }
}

function run(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command ?? "") {
    case "export":
      return exportCommand(rest);
    case "import":
      return importCommand(rest);
    default:
      return serve(args);
  }
}
