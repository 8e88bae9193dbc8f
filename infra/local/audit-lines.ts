/** One audit record of the gateway, as far as the checks here read it. */
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

/** Collects the audit records among the lines of the gateway's standard output. */
export class AuditLines {
  readonly records: AuditLine[] = [];

  /** Takes one line; anything but an audit record is passed over. */
  take(line: string): void {
    if (!line.startsWith("{")) return;
    const value = JSON.parse(line) as { type?: string } & AuditLine;
    if (value.type === "audit") this.records.push(value);
  }

  /** The records of one agent's calls, in order. */
  of(agentName: string): readonly AuditLine[] {
    return this.records.filter((record) => record.agent.name === agentName);
  }
}
