/** Lines that whoever writes them anew, or takes them for another encoding, changes. */
import { randomUUID } from "node:crypto";
import type { AuditDestinationSettings, SettingsOf } from "../src/audit-destination-forms.ts";
import { auditDestinationsSchema } from "../src/audit-destinations.ts";
import type { AuditLine } from "../src/deps/audit.ts";

/** Escapes that need none, a number that is another when it is parsed, what is no line end in JSON, two, three and four bytes. */
const awkward =
  '"text":"\\u00e9 é \\"quoted\\" \\\\n \\/ \u2028 日本 😀 \\ud83d\\ude00 \\u0000 <&>","number":1.0,"big":12345678901234567890 , "empty":{}';

/** Lines of one chain from a sequence on. `time` is that of a line by its place among them. */
export function chainLines(
  count: number,
  {
    chain = randomUUID(),
    from = 1,
    time = (index) => Date.now() - 60_000 + index,
    pad = 0,
  }: { chain?: string; from?: number; time?: (index: number) => number; pad?: number } = {},
): readonly AuditLine[] {
  return Array.from({ length: count }, (_, index) => {
    const sequence = from + index;
    const padding = pad === 0 ? "" : `,"pad":"${"é".repeat(pad / 2)}"`;
    const line = `{"metadata":{"event_code":"tool_call","sequence":${sequence}},${awkward}${padding}}`;
    return { chain, sequence, time: new Date(time(index)).toISOString(), line };
  });
}

/** What a receiver of JSON lines must have got. */
export function jsonLines(...deliveries: readonly (readonly AuditLine[])[]): string {
  return deliveries.flatMap((lines) => lines.map(({ line }) => `${line}\n`)).join("");
}

/** Settings as the variable gives them. */
export function settingsOf<Kind extends AuditDestinationSettings["kind"]>(kind: Kind, url: string): SettingsOf<Kind> {
  const [settings] = auditDestinationsSchema.parse(url);
  if (settings?.kind !== kind) throw new Error(`${url} is not of the kind ${kind}`);
  return settings as SettingsOf<Kind>;
}
