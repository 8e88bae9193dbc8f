/** One audit record of a tool call, as far as the checks here read it. */
export interface AuditLine {
  readonly id: string;
  readonly time: string;
  readonly human: string;
  readonly agent: { readonly clientId: string; readonly name: string };
  readonly server: string;
  readonly tool: string;
  readonly decision: "allow" | "deny";
  readonly code: string;
  readonly reason: string;
}

/** Collects the audit records of tool calls among the lines of the gateway's standard output. */
export class AuditLines {
  readonly records: AuditLine[] = [];
  /** The records of tools that are not what was reviewed, or are again. */
  readonly drift: Pick<AuditLine, "server" | "tool" | "code">[] = [];

  /** Takes one line; anything else is passed over. */
  take(line: string): void {
    if (!line.startsWith("{")) return;
    const value = JSON.parse(line) as { type?: string; event?: string } & AuditLine;
    if (value.type !== "audit") return;
    if (value.event === "tool_call") this.records.push(value);
    if (value.event === "tool_drift") this.drift.push(value);
  }

  /** The records of one agent's calls, in order. */
  of(agentName: string): readonly AuditLine[] {
    return this.records.filter((record) => record.agent.name === agentName);
  }
}
