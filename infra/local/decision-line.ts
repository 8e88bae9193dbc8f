import { z } from "zod";

/** The fields of the gateway's audit records that a terminal line shows. */
const auditLineSchema = z.object({
  type: z.literal("audit"),
  time: z.string(),
  human: z.string(),
  agent: z.object({ name: z.string() }),
  server: z.string(),
  tool: z.string(),
  decision: z.enum(["allow", "deny"]),
  reason: z.string(),
});

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
  const { time, human, agent, server, tool, decision, reason } = parsed.data;
  const what = `${time.slice(11, 19)}  ${decision === "allow" ? "allowed" : "DENIED "}  ${server}/${tool}`;
  const who = `${human} via ${agent.name}`;
  return printable(decision === "allow" ? `${what}  ${who}` : `${what}  ${who}: ${reason}`);
}
