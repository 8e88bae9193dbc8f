import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CommandError, requestAt } from "./at-place.ts";
import { placeOptions, placeUsage, readEnvironmentPath, readPlace } from "./exchange-options.ts";
import { explainAnswer } from "./explain-answer.ts";
import { UsageError } from "./usage-error.ts";

const usage = `Writes an environment into one JSON file: schema, facts, rules, with ids and times. Decisions are not in it.

  npm run permit:local -- export --environment PROJECT/ENVIRONMENT --out FILE [--with-keys]
                          (--url URL | --data DIR | --database URL)

  --out          file to write, mode 0600; one that exists is left as it is and the command fails; - is standard output
  --with-keys    with the API keys of the environment: whoever has the file has them
${placeUsage}`;

/** The command `export`. Resolves with the exit code. Throws UsageError and CommandError. */
export async function exportCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { ...placeOptions, out: { type: "string" }, "with-keys": { type: "boolean", default: false } },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const path = readEnvironmentPath(values.environment);
  const { out } = values;
  if (out === undefined) throw new UsageError("Give the file to write: --out FILE.");
  const place = readPlace(values, process.env);
  const response = await requestAt(place, values["with-keys"] ? `${path}?with_keys=true` : path);
  if (response.status !== 200) throw new CommandError(explainAnswer(response.status, await response.text()));
  const text = await response.text();
  if (out === "-") {
    process.stdout.write(text);
    return 0;
  }
  try {
    writeFileSync(out, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === "EEXIST";
    throw new CommandError(exists ? `${out} exists. Delete it or give another file.` : (error as Error).message);
  }
  process.stderr.write(`${values.environment} is in ${out}.\n`);
  return 0;
}
