import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { type Logger, pino } from "pino";

const folder = process.env.TEST_LOG_DIR;
const file = (kind: string) => (folder === undefined ? undefined : join(folder, `${process.pid}.${kind}`));

function append(kind: "log" | "secrets", lines: readonly string[]): void {
  const path = file(kind);
  if (path !== undefined && lines.length > 0) appendFileSync(path, `${lines.join("\n")}\n`);
}

/** The log of a gateway under test: every line, down to `trace`, is searched for secrets after the run. */
export function testLog(): Logger {
  return pino({ level: "trace", base: null }, { write: (line: string) => append("log", [line.trimEnd()]) });
}

/** The same for what is no line of the logger: an audit record, the output of a process. */
export function keepForSearch(text: string): void {
  append("log", [text]);
}

/** Something that must not be in any line. Too short a text would be found by accident. */
export function keepSecrets(secrets: Iterable<string>): void {
  append(
    "secrets",
    [...secrets].filter((secret) => secret.length >= 12 && !secret.includes("\n")),
  );
}
