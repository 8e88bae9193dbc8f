import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CommandError, requestAt } from "./at-place.ts";
import { placeOptions, placeUsage, readEnvironmentPath, readPlace } from "./exchange-options.ts";
import { explainAnswer } from "./explain-answer.ts";
import { UsageError } from "./usage-error.ts";

const usage = `Reads an environment from a file that export wrote: all of it or, when anything is wrong with it, nothing.

  npm run permit:local -- import FILE --environment PROJECT/ENVIRONMENT [--create | --replace]
                          (--url URL | --data DIR | --database URL)

  --create       make the environment; it must not exist
  --replace      in place of everything that is in it. Without either it must exist and be empty
${placeUsage}`;

/** The command `import`. Resolves with the exit code. Throws UsageError and CommandError. */
export async function importCommand(args: readonly string[]): Promise<number> {
  const flag = { type: "boolean", default: false } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...placeOptions, create: flag, replace: flag },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new UsageError("Give one file to read.");
  if (values.create && values.replace) throw new UsageError("Give --create or --replace, not both.");
  const path = readEnvironmentPath(values.environment);
  const place = readPlace(values, process.env);
  const text = readText(file);
  const query = values.create ? "?create=true" : values.replace ? "?replace=true" : "";
  const headers = { "content-type": "application/json" };
  const response = await requestAt(place, `${path}${query}`, { method: "POST", headers, body: text });
  const answer = await response.text();
  if (response.status !== 200) throw new CommandError(explainAnswer(response.status, answer, { file, text }));
  process.stderr.write(`${values.environment} is what ${file} says.\n`);
  return 0;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}
