import { z } from "zod";

/** The fields of the gateway's audit records that a terminal line shows. */
const common = {
  type: z.literal("audit"),
  time: z.string(),
  human: z.string(),
  agent: z.object({ name: z.string() }),
  decision: z.enum(["allow", "deny"]),
  reason: z.string(),
};
const auditLineSchema = z.discriminatedUnion("event", [
  z.object({ ...common, event: z.literal("tool_call"), server: z.string(), tool: z.string() }),
  z.object({ ...common, event: z.literal("request"), server: z.string(), method: z.string() }),
  z.object({
    ...common,
    event: z.enum(["consent", "consent_lowered", "consent_ended"]),
    server: z.string().nullable(),
  }),
]);

// Names of clients and tools come from outside: an escape sequence in one could rewrite the terminal.
const printable = (text: string) => text.replaceAll(/\p{C}/gu, "?");

/** One line for the terminal from a line of the gateway's output; undefined when it is no audit record. */
export function decisionLine(line: string): string | undefined {
  if (!line.includes('"audit"')) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const parsed = auditLineSchema.safeParse(json);
  if (!parsed.success) return undefined;
  const record = parsed.data;
  const { time, human, agent, server, decision, reason } = record;
  const who = `${human} via ${agent.name}`;
  const asked = record.event === "tool_call" ? record.tool : record.event === "request" ? record.method : undefined;
  const call = asked !== undefined;
  const outcome = decision === "deny" ? "DENIED " : call ? "allowed" : "consent";
  const what = `${time.slice(11, 19)}  ${outcome}  ${call ? `${server}/${asked}` : (server ?? "no server")}`;
  return printable(call && decision === "allow" ? `${what}  ${who}` : `${what}  ${who}: ${reason}`);
}
