import { UsageError } from "./command.ts";

/** The format that `--format` names, one of `formats`; `--json` is the same as `--format json`. Throws UsageError. */
export function chooseFormat<const F extends string>(
  formats: readonly ("text" | "json" | F)[],
  format: string | undefined,
  json: boolean,
): "text" | "json" | F {
  if (json && format !== undefined && format !== "json") throw new UsageError("Use --json or --format, not both.");
  const chosen = formats.find((known) => known === (format ?? (json ? "json" : "text")));
  if (chosen !== undefined) return chosen;
  throw new UsageError(`There is no format ${JSON.stringify(format)}: use ${formats.join(", ")}.`);
}
