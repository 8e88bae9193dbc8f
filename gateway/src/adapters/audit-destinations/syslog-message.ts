import type { AuditLine } from "../../deps/audit.ts";

/** Facility 13, log audit, and severity 5, notice (RFC 5424 section 6.2.1). */
const priority = 13 * 8 + 5;

/** The code of the event (`metadata.event_code` of OCSF) as MSGID: printable ASCII, 32 at most. */
function messageId(line: string): string {
  try {
    const event = JSON.parse(line) as { readonly metadata?: { readonly event_code?: unknown } };
    const code = event.metadata?.event_code;
    return typeof code === "string" && /^[!-~]{1,32}$/.test(code) ? code : "-";
  } catch {
    // Whatever a line is, it goes on its way.
    return "-";
  }
}

/**
 * A line as a syslog message (RFC 5424) with its length before it (octet counting, RFC 6587 section 3.4.1, RFC 5425 section
 * 4.3). HOSTNAME is the host of the gateway, not the replica that ships: a repeat is the same to the byte. PROCID is the
 * chain: each run of a replica writes one, and a change of PROCID says just that (section 6.2.6).
 *
 * MSG is the line and nothing before it. Section 6.4 wants a byte order mark before UTF-8, JSON forbids one (RFC 8259
 * section 8.1): a receiver that keeps it with the message keeps no JSON, and not the bytes that the chain's hashes are of.
 * Without it the message is MSG-ANY of the grammar.
 */
export function syslogFrame({ chain, time, line }: AuditLine, hostKey: string): Buffer {
  const timestamp = new Date(time).toISOString();
  const header = `<${priority}>1 ${timestamp} ${hostKey} permit-mcp-gateway ${chain} ${messageId(line)} -`;
  const message = Buffer.from(`${header} ${line}`);
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}
