import { readAuditEvent } from "./audit-event.ts";

// Names of clients and tools come from outside: an escape sequence in one could rewrite the terminal.
const printable = (text: string) => text.replaceAll(/\p{C}/gu, "?");

/** One line for the terminal from a line of the gateway's output; undefined when it is neither decision nor consent. */
export function decisionLine(line: string): string | undefined {
  const record = readAuditEvent(line);
  if (record === undefined || record.event === "tool_drift") return undefined;
  const { time, human, agent, server, decision, reason } = record;
  const who = `${human} via ${agent.name}`;
  const asked = record.event === "tool_call" ? record.tool : record.event === "request" ? record.method : undefined;
  const call = asked !== undefined;
  const outcome = decision === "deny" ? "DENIED " : call ? "allowed" : "consent";
  const what = `${time.slice(11, 19)}  ${outcome}  ${call ? `${server}/${asked}` : (server ?? "no server")}`;
  return printable(call && decision === "allow" ? `${what}  ${who}` : `${what}  ${who}: ${reason}`);
}
