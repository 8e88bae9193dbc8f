/**
 * The whole program under the real Pulumi engine, against a local Permit: the CLI as a user runs it, with a state, a
 * configuration and a policy of its own in a temporary folder.
 */
import { spawn } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { findPulumiCli, noPulumiCli, pulumiEnvironment } from "../pulumi-cli/find.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));

/** Whether there is a CLI. Without one a test is skipped in one line, but never in CI, where it fails. */
export const hasPulumiCli = findPulumiCli() !== undefined || process.env.CI === "true";
if (!hasPulumiCli) console.warn(`Skipped: ${noPulumiCli}`);

/** What a run of the CLI left. */
export interface PulumiRun {
  readonly status: number | null;
  /** Both streams, without colours. */
  readonly output: string;
}

/** Configuration of a stack: what is secret apart from what is not. */
export interface StackSettings {
  readonly plain: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** A Pulumi project in a temporary folder, with one stack that is selected. */
export async function createPulumiProject(stack: string, settings: StackSettings) {
  const cli = findPulumiCli();
  if (cli === undefined) throw new Error(noPulumiCli);
  const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-pulumi-"));
  for (const name of ["state", "home", "stacks"]) mkdirSync(join(folder, name));
  for (const name of ["infra", "node_modules", "package.json"]) symlinkSync(join(repository, name), join(folder, name));
  copyFileSync(join(repository, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  cpSync(join(repository, "policies/hosts/demo"), join(folder, "policy"), { recursive: true });

  const environment = pulumiEnvironment(cli, {
    PATH: process.env.PATH,
    HOME: join(folder, "home"),
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "passphrase of the test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Nothing may be fetched: what is not here must be an error, not a download.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  });

  /** Starts the CLI in the project. */
  const start = (...args: readonly string[]) =>
    spawn(cli, [...args, "--non-interactive", "--color=never"], {
      cwd: folder,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that a test can end it with all that it started.
      detached: true,
    });
  /** Runs the CLI to its end. */
  const pulumi = async (...args: readonly string[]): Promise<PulumiRun> => {
    const child = start(...args);
    const exit = new Promise<number | null>((resolve) => child.on("exit", resolve));
    const [output, errors, status] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
    return { status, output: stripVTControlCharacters(output + errors) };
  };
  const must = async (...args: readonly string[]) => {
    const run = await pulumi(...args);
    if (run.status !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${run.status}:\n${run.output}`);
    return run.output;
  };

  await must("stack", "init", stack);
  const config = (secret: boolean) =>
    Object.entries(secret ? settings.secrets : settings.plain).flatMap(([key, value]) => [
      secret ? "--secret" : "--plaintext",
      `${key}=${value}`,
    ]);
  // Both the folder and the state are this stack's own.
  const policy = join(folder, "policy");
  await must("config", "set-all", ...config(false), ...config(true), "--plaintext", `policies=${policy}`);

  return {
    folder,
    /** Folder of the stack's policy, a copy of the demo's. */
    policy,
    start,
    pulumi,
    /** Runs the CLI and returns what it printed. Throws when it fails. */
    must,
    /** The stack's state as it is on disk. */
    stateText: () => readFileSync(join(folder, `state/.pulumi/stacks/permit-mcp-gateway/${stack}.json`), "utf8"),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export type PulumiProject = Awaited<ReturnType<typeof createPulumiProject>>;
