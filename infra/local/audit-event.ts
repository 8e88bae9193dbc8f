import { z } from "zod";

const text = z.string();
const user = z.object({ email_addr: text });
const common = {
  time: z.int(),
  action_id: z.literal([1, 2]),
  status_code: text,
  message: text,
};
const agent = { actor: z.object({ user, app_name: text, app_uid: text }) };
const code = <Event extends string>(...codes: readonly Event[]) => z.object({ uid: text, event_code: z.enum(codes) });

/** Events of the audit log as far as a terminal and the checks here read them (`gateway/AUDIT-EVENTS.md`). */
const eventSchema = z.union([
  z.object({
    ...common,
    ...agent,
    metadata: code("tool_call"),
    api: z.object({ service: z.object({ name: text }) }),
    resources: z.tuple([z.object({ name: text })]),
  }),
  z.object({
    ...common,
    ...agent,
    metadata: code("request"),
    // A method is only what it says where the body was read.
    activity_id: z.literal(99),
    api: z.object({ operation: text, service: z.object({ name: text }) }),
  }),
  z.object({
    ...common,
    ...agent,
    metadata: code("consent", "consent_lowered", "consent_ended"),
    resources: z.tuple([z.object({ name: text })]).optional(),
  }),
  z.object({
    ...common,
    actor: z.object({ user }),
    metadata: code("tool_drift"),
    entity: z.object({ name: text }),
    unmapped: z.object({ server: text }),
  }),
]);

/** What every event here says. */
interface EventBase {
  readonly id: string;
  /** RFC 3339 with milliseconds, UTC. */
  readonly time: string;
  readonly human: string;
  readonly decision: "allow" | "deny";
  readonly code: string;
  readonly reason: string;
}

interface OfAgent extends EventBase {
  readonly agent: { readonly clientId: string; readonly name: string };
}

/** The decision on a tool call. */
export interface ToolCallEvent extends OfAgent {
  readonly event: "tool_call";
  readonly server: string;
  readonly tool: string;
}

/** A tool that is not what was reviewed, or is again. */
export interface ToolDriftEvent extends EventBase {
  readonly event: "tool_drift";
  readonly server: string;
  readonly tool: string;
}

export type AuditEvent =
  | ToolCallEvent
  | ToolDriftEvent
  | (OfAgent & { readonly event: "request"; readonly server: string; readonly method: string })
  | (OfAgent & {
      readonly event: "consent" | "consent_lowered" | "consent_ended";
      /** Null when the human denied before choosing one. */
      readonly server: string | null;
    });

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The event that a line of the gateway's standard output is; undefined for one of the log, and for other events. */
export function readAuditEvent(line: string): AuditEvent | undefined {
  if (!line.includes('"event_code"')) return undefined;
  const parsed = eventSchema.safeParse(parseJson(line));
  if (!parsed.success) return undefined;
  const { data } = parsed;
  const base = {
    id: data.metadata.uid,
    time: new Date(data.time).toISOString(),
    human: data.actor.user.email_addr,
    decision: data.action_id === 1 ? ("allow" as const) : ("deny" as const),
    ...{ code: data.status_code, reason: data.message },
  };
  if ("entity" in data) {
    return { ...base, event: "tool_drift", server: data.unmapped.server, tool: data.entity.name };
  }
  const of = { ...base, agent: { clientId: data.actor.app_uid, name: data.actor.app_name } };
  if (!("api" in data)) return { ...of, event: data.metadata.event_code, server: data.resources?.[0].name ?? null };
  const server = data.api.service.name;
  if ("resources" in data) return { ...of, event: "tool_call", server, tool: data.resources[0].name };
  return { ...of, event: "request", server, method: data.api.operation };
}
