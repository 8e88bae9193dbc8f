import { readAuditEvent, type ToolCallEvent, type ToolDriftEvent } from "./audit-event.ts";

/**
 * Collects the decisions on tool calls among the lines of the gateway's standard output. They come there from the database,
 * after the call was answered and in the order of the calls: what a check waits for is there soon, and what was before it is
 * there then.
 */
export class AuditLines {
  readonly records: ToolCallEvent[] = [];
  readonly drift: ToolDriftEvent[] = [];
  readonly #seen = new Set<string>();

  /** Takes one line; anything else is passed over, and what was delivered before as well. */
  take(line: string): void {
    const event = readAuditEvent(line);
    if (event === undefined || this.#seen.has(event.id)) return;
    this.#seen.add(event.id);
    if (event.event === "tool_call") this.records.push(event);
    if (event.event === "tool_drift") this.drift.push(event);
  }

  /** The decisions on one agent's calls, in order. */
  of(agentName: string): readonly ToolCallEvent[] {
    return this.records.filter((record) => record.agent.name === agentName);
  }
}
