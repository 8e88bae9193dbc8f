import { hash } from "node:crypto";
import type { AuditRecord, ChainLink } from "../deps/audit-records.ts";
import type { StoredLine } from "../deps/audit-store.ts";
import { toOcsf } from "./ocsf/to-ocsf.ts";

/** What the first line of a chain says was before it. */
export const noLine = "0".repeat(64);

/** SHA-256 of a line in UTF-8, hexadecimal: what the next one calls `previous`. */
export function hashOf(line: string): string {
  return hash("sha256", line, "hex");
}

/** A record as one line of JSON, at its place in a chain. */
export function lineOf(record: AuditRecord, link: ChainLink): string {
  return JSON.stringify(toOcsf(record, link));
}

/** What is stored of a record whose line is made. `place.time` is not before that of the line before it. */
export function storedLine(
  record: AuditRecord,
  place: Pick<StoredLine, "chain" | "sequence" | "time">,
  line: string,
): StoredLine {
  const { id, event, human, decision, code } = record;
  return {
    ...{ ...place, id, event, human, decision, code, line },
    agent: "agent" in record ? record.agent.clientId : null,
    server: "server" in record ? record.server : null,
    tool: "tool" in record ? record.tool : null,
  };
}
