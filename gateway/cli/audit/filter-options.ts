/** The options that choose records, the same for `query` and `export`. */
import { canonicalEmail } from "@permit-mcp-gateway/policies";
import { UsageError } from "@permit-mcp-gateway/policies/cli/command";
import { z } from "zod";
import type { AuditFilter, AuditPeriod } from "../../src/audit/query.ts";
import type { AuditRecord } from "../../src/deps/audit-records.ts";

const option = { type: "string" } as const;

/** Of a period. */
export const periodOptions = { from: option, to: option } as const;

/** Of a filter. */
export const filterOptions = {
  ...periodOptions,
  ...{ human: option, agent: option, server: option, tool: option },
  ...{ event: option, decision: option, code: option, reason: option },
} as const;

/** What the help says of them. */
export const filterHelp = `  --from <time>              records from then on: RFC 3339, or a day, which begins at midnight UTC
  --to <time>                records before then, exclusive: --to 2026-08-01 has all of July and nothing of 1 August
  --human <e-mail>           of this human, by all their agents
  --agent <client or name>   of the agent with this client id, or exactly this name
  --server <key>             at this MCP server
  --tool <name>              of this tool
  --event <event>            of this event: tool_call, consent, sign_in, ... (gateway/AUDIT-EVENTS.md)
  --decision allow|deny
  --code <code>              with this code, for example CEILING_TOO_LOW
  --reason <text>            whose reason contains the text, as it is written`;

const events = Object.keys({
  tool_call: true,
  request: true,
  call_result: true,
  session_opened: true,
  session_ended: true,
  consent: true,
  consent_lowered: true,
  consent_ended: true,
  sign_in: true,
  sign_out: true,
  account_changed: true,
  tool_drift: true,
  dynamic_server: true,
  policy_refreshed: true,
  log_started: true,
  log_checkpoint: true,
  log_ended: true,
  log_abandoned: true,
  log_trimmed: true,
} satisfies Record<AuditRecord["event"], true>) as readonly AuditRecord["event"][];

/** One of several words. Throws UsageError. */
export function choose<const Word extends string>(name: string, words: readonly Word[], value: string): Word {
  const word = words.find((known) => known === value);
  if (word === undefined)
    throw new UsageError(`--${name} is one of ${words.join(", ")}, not ${JSON.stringify(value)}.`);
  return word;
}

const moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

function time(name: string, value: string | undefined): Date | undefined {
  if (value === undefined) return undefined;
  if (moment.safeParse(value).success) return new Date(value);
  const forms = "a day such as 2026-07-01, or RFC 3339 such as 2026-07-01T09:30:00Z";
  throw new UsageError(`--${name} is ${forms}, not ${JSON.stringify(value)}.`);
}

/** The period that `--from` and `--to` say. Throws UsageError. */
export function readPeriod(values: { readonly from?: string | undefined; readonly to?: string | undefined }) {
  const period: AuditPeriod = { from: time("from", values.from), to: time("to", values.to) };
  if (period.from !== undefined && period.to !== undefined && period.from >= period.to)
    throw new UsageError("--from must be before --to.");
  return period;
}

type FilterValues = { readonly [Name in keyof typeof filterOptions]?: string | undefined };

/** The filter that the options say. Throws UsageError. */
export function readFilter(values: FilterValues): AuditFilter {
  const { human, agent, server, tool, event, decision, code, reason } = values;
  return {
    ...readPeriod(values),
    human: human === undefined ? undefined : canonicalEmail(human),
    ...{ agent, server, tool, code, reason },
    event: event === undefined ? undefined : choose("event", events, event),
    decision: decision === undefined ? undefined : choose("decision", ["allow", "deny"], decision),
  };
}

/** True when a filter says nothing but a period. */
export function isWhole({ from: _from, to: _to, ...rest }: AuditFilter): boolean {
  return Object.values(rest).every((value) => value === undefined);
}
