import { sessionRecord } from "../audit/record.ts";
import { clientVersion } from "./client-version.ts";
import type { Answered, McpDeps } from "./exchange.ts";

/**
 * Puts on record that an agent has opened a session at a server, or ended one. `hasSession`: the answer names one. What it may
 * do in it is decided and recorded call by call, so nobody waits for this.
 */
export function recordSession(
  answered: Answered,
  hasSession: boolean,
  deps: Pick<McpDeps, "audit" | "clock" | "hostKey">,
) {
  const { message, httpMethod, answer, upstreamSessionId } = answered;
  // A server may answer 200 to a DELETE that names no session: nothing has ended, and an agent can send any number of them.
  const ended = httpMethod === "DELETE" && answer.status < 300 && upstreamSessionId !== undefined;
  const opened = message?.kind === "request" && message.method === "initialize" && answer.status < 300 && hasSession;
  if (!ended && !opened) return;
  const asked = opened ? message.params.protocolVersion : undefined;
  const { server, grant } = answered;
  const subject = {
    ...answered,
    ...{ server: server.key, grant, host: deps.hostKey, now: deps.clock(), agentVersion: clientVersion(answered) },
    address: server.enteredBy === undefined ? undefined : server.name,
    protocolVersion: typeof asked === "string" ? asked : null,
  };
  deps.audit.note(sessionRecord(subject, ended ? "session_ended" : "session_opened"));
}
