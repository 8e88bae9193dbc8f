import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** What to say when there is no CLI: one line, with the command that gets one. */
export const noPulumiCli =
  "There is no Pulumi CLI: install it (https://www.pulumi.com/docs/install), or build it with: npm run pulumi:build";

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The `pulumi` to run: the one on the PATH, else the one that `build.sh` made; undefined when there is neither. */
export function findPulumiCli(path = process.env.PATH ?? ""): string | undefined {
  const folders = [...path.split(delimiter), join(import.meta.dirname, "bin")];
  return folders.map((folder) => join(folder, "pulumi")).find(isExecutable);
}

/** Where packages keep such things. Pulumi starts three Node processes for each run, which load the same files. */
export const compileCache = join(import.meta.dirname, "../../node_modules/.cache/pulumi");

/** The environment for it: this Node first, because the program and its providers are TypeScript that Node itself runs. */
export function pulumiEnvironment(cli: string, environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const folders = [dirname(process.execPath), dirname(cli), environment.PATH ?? ""];
  return { NODE_COMPILE_CACHE: compileCache, ...environment, PATH: folders.join(delimiter) };
}
