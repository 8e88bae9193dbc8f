/** `npm run pulumi -- …`: the Pulumi CLI, wherever it is. */
import { spawn } from "node:child_process";
import { findPulumiCli, noPulumiCli, pulumiEnvironment } from "./find.ts";

const cli = findPulumiCli();
if (cli === undefined) {
  console.error(noPulumiCli);
  process.exit(1);
}
const child = spawn(cli, process.argv.slice(2), { stdio: "inherit", env: pulumiEnvironment(cli) });
// A terminal's Ctrl-C reaches Pulumi too, which ends its update in order; a second one would make it break off.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
child.on("exit", (status, signal) => {
  process.exitCode = status ?? (signal === null ? 1 : 130);
});
