/** Flat records as lines of text. */
import { visible } from "@permit-mcp-gateway/policies/load";
import { auditColumns, type FlatRecord } from "./query-columns.ts";

/**
 * One line of JSON. What a terminal obeys or shows otherwise than it is (control and format characters) is written as
 * `\u....`, which is the same JSON.
 */
export function jsonLine(record: FlatRecord): string {
  return JSON.stringify(record).replaceAll(/[\u007f-\u009f\p{Cf}\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
      .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/**
 * One field of CSV (RFC 4180 section 2). A spreadsheet takes a text that begins with one of these characters for a formula,
 * and clients choose names: an apostrophe before it makes it a text
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
export function csvField(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",;\r\n]|^ | $/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The first line of CSV, without its line end, which is CR and LF. */
export const csvHeader = auditColumns.join(",");

/** A record as a line of CSV, without its line end. */
export function csvLine(record: FlatRecord): string {
  return auditColumns.map((name) => csvField(record[name])).join(",");
}

const agentOf = ({ agent_name, agent_id }: FlatRecord) =>
  agent_id === null ? "" : ` via ${agent_name ?? "?"} [${agent_id}]`;

/** What it was about, in a few words. */
function subjectOf(record: FlatRecord): string {
  const { event, server, tool, method, level, sign_in_method, change, server_address, policy_digest } = record;
  const digest = policy_digest === null ? null : String(policy_digest).slice(0, 12);
  const place = [server ?? server_address, tool].filter((part) => part !== null).join("/");
  if (event === "tool_call") return place === "" ? "?" : place;
  const said = event === "request" ? [place, method] : [event, place, method, level, sign_in_method, change, digest];
  return said.filter((part) => part !== null && part !== "").join(" ");
}

function outcomeOf({ outcome, upstream_status, duration_ms }: FlatRecord): string {
  const said = [
    outcome,
    ...(upstream_status === null ? [] : [`status ${upstream_status}`]),
    ...(duration_ms === null ? [] : [`${duration_ms} ms`]),
  ];
  return outcome === null ? "" : ` (${said.join(", ")})`;
}

const widestColumn = 60;

/** The records as a table without a head: time, decision, who, what, code, reason. */
export function tableLines(records: readonly FlatRecord[]): readonly string[] {
  const rows = records.map((record) =>
    [
      String(record.time),
      String(record.decision),
      record.human === null ? "-" : `${record.human}${agentOf(record)}`,
      subjectOf(record),
      String(record.code),
      `${record.reason ?? ""}${outcomeOf(record)}`,
    ].map(visible),
  );
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(Math.min(widths[column] ?? 0, widestColumn)))
      .join("  ")
      .trimEnd(),
  );
}
