import { type Command, UsageError } from "../command.ts";

/**
 * Runs a command in this process, many times faster than the program: for tests of what it answers to many arguments.
 * That the program passes arguments, answers and exit codes on is what the tests through `runPolicy` show.
 */
export async function runCommand(command: Command, args: readonly string[]) {
  const lines: { readonly out: string[]; readonly notes: string[] } = { out: [], notes: [] };
  const output = {
    line: (text: string) => lines.out.push(`${text}\n`),
    note: (text: string) => lines.notes.push(`${text}\n`),
    progress: () => {},
    colors: false,
  };
  const ended = (status: number, stderr: string) => ({ status, stdout: lines.out.join(""), stderr });
  try {
    return ended(await command.run(args, output), lines.notes.join(""));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return ended(2, error.message);
  }
}
