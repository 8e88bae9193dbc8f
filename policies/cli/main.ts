/** `npm run policy -- <command>`: what can be done with policy files without a running host. */
import { type ExitCode, type Output, UsageError } from "./command.ts";
import { commands } from "./commands.ts";

const help = `Usage: npm run policy -- <command> [options]

Commands:
${commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`).join("\n")}

\`npm run policy -- <command> --help\` says more about a command.`;

async function run([name, ...args]: readonly string[], output: Output): Promise<ExitCode> {
  if (name === "--help" || name === "-h") {
    output.line(help);
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

const { stdout, stderr } = process;
const output: Output = {
  line: (text) => stdout.write(`${text}\n`),
  note: (text) => stderr.write(`${text}\n`),
  // Back to the first column, the text, and nothing behind it.
  progress: (text = "") => stderr.isTTY && stderr.write(`\r${text.slice(0, stderr.columns - 1)}\u001b[K`),
  colors: stdout.isTTY && stdout.hasColors(),
};

// A reader such as `head` that has seen enough is no failure of the program.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  process.exitCode = await run(process.argv.slice(2), output);
} catch (error) {
  output.progress();
  if (!(error instanceof UsageError)) throw error;
  output.note(`${error.message}\n\n${help}`);
  process.exitCode = 2;
}
