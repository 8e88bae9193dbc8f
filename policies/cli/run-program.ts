import { type Command, type ExitCode, type Output, UsageError } from "./command.ts";
import { commands } from "./commands.ts";

/** A program of commands. */
export interface Program {
  /** How it is started, for example `npm run policy --`. */
  readonly start: string;
  readonly commands: readonly Command[];
}

const policyProgram: Program = { start: "npm run policy --", commands };

const helpOf = ({ start, commands }: Program) => `Usage: ${start} <command> [options]

Commands:
${commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`).join("\n")}

\`${start} <command> --help\` says more about a command.`;

async function runCommand([name, ...args]: readonly string[], output: Output, program: Program): Promise<ExitCode> {
  const { commands } = program;
  if (name === "--help" || name === "-h") {
    output.line(helpOf(program));
    return 0;
  }
  if (name === undefined) throw new UsageError("Name a command.");
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new UsageError(`There is no command ${JSON.stringify(name)}.`);
  // What stands behind two dashes is for another program.
  const own = args.slice(0, args.includes("--") ? args.indexOf("--") : args.length);
  if (own.includes("--help") || own.includes("-h")) {
    output.line(command.help);
    return 0;
  }
  return command.run(args, output);
}

/** Runs a program with the arguments after its name. Says by itself what was used wrongly. */
export async function runProgram(
  args: readonly string[],
  output: Output,
  program: Program = policyProgram,
): Promise<ExitCode> {
  try {
    return await runCommand(args, output, program);
  } catch (error) {
    output.progress();
    if (!(error instanceof UsageError)) throw error;
    output.note(`${error.message}\n\n${helpOf(program)}`);
    return 2;
  }
}

/** What the program said, for whoever runs it as a part of something else. */
export interface ProgramRun {
  readonly status: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program and keeps what it writes, without colours and progress. */
export async function captureProgram(args: readonly string[], program: Program = policyProgram): Promise<ProgramRun> {
  const lines: string[] = [];
  const notes: string[] = [];
  const status = await runProgram(
    args,
    {
      line: (text) => lines.push(`${text}\n`),
      note: (text) => notes.push(`${text}\n`),
      progress: () => {},
      colors: false,
    },
    program,
  );
  return { status, stdout: lines.join(""), stderr: notes.join("") };
}
