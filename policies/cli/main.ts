/** `npm run policy -- <command>`: what can be done with policy files without a running host. */
import { type ExitCode, type Output, UsageError } from "./command.ts";
import { commands } from "./commands.ts";

const help = `Usage: npm run policy -- <command> [options]

Commands:
${commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`).join("\n")}

\`npm run policy -- <command> --help\` says more about a command.`;

function run([name, ...args]: readonly string[], output: Output): ExitCode {
  if (name === "--help" || name === "-h") {
    output.line(help);
    return 0;
  }
  if (name === undefined) throw new UsageError("Name a command.");
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new UsageError(`There is no command ${JSON.stringify(name)}.`);
  if (args.includes("--help") || args.includes("-h")) {
    output.line(command.help);
    return 0;
  }
  return command.run(args, output);
}

try {
  process.exitCode = run(process.argv.slice(2), { line: (text) => process.stdout.write(`${text}\n`) });
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${help}\n`);
  process.exitCode = 2;
}
