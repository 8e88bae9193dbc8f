import { z } from "zod";
import type { PastDecision } from "../../src/replay.ts";
import { trustLevels } from "../../src/trust.ts";

/** What a line holds: a decision, something else (undefined), or what is wrong with it. */
export type LineContent = { readonly decision: PastDecision | undefined } | { readonly problem: string };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Where log services put the line that a program wrote. */
const wrappers = ["audit", "record", "message", "@message", "log"];

/** `class_uid` of API Activity. */
const apiActivity = 6003;
/** `metadata.event_code` of the event of a tool call. */
const toolCallEvent = "tool_call";
const text = z.string();
/** The furthest from 1970 that a date can be, in milliseconds (ECMA-262, section 21.4.1.1). */
const furthestMs = 8.64e15;

/** What is read of the gateway's OCSF event (API Activity, 6003); `gateway/src/audit/ocsf` writes it, with more in it. */
const toolCallSchema = z.object({
  time: z.int().min(-furthestMs).max(furthestMs),
  action_id: z.literal([1, 2], { error: "neither 1 (allowed) nor 2 (denied)" }),
  status_code: text,
  metadata: z.object({ uid: text.optional(), tenant_uid: text }),
  actor: z.object({ user: z.object({ email_addr: text }), app_uid: text.optional() }),
  // Without it the name led to none of the agent's servers.
  api: z.object({ service: z.object({ name: text }).optional() }),
  resources: z.tuple([z.object({ name: text })]).rest(z.unknown()),
  unmapped: z
    .object({ trust: z.enum(trustLevels), consent: z.enum(trustLevels) })
    .partial()
    .default({}),
});

function decisionOf(event: z.infer<typeof toolCallSchema>): PastDecision {
  const { metadata, actor, api, resources, unmapped } = event;
  return {
    id: metadata.uid,
    time: new Date(event.time).toISOString(),
    host: metadata.tenant_uid,
    human: actor.user.email_addr,
    agent: actor.app_uid === undefined ? undefined : { clientId: actor.app_uid },
    server: api.service?.name ?? "",
    tool: resources[0].name,
    ...unmapped,
    decision: event.action_id === 1 ? "allow" : "deny",
    code: event.status_code,
  };
}

/** The audit event in a log line: the line itself, or what one of the wrappers holds, as an object or as JSON text. */
function recordIn(line: Readonly<Record<string, unknown>>, depth = 0): Readonly<Record<string, unknown>> | undefined {
  if (isObject(line.metadata) && "class_uid" in line) return line;
  if (depth === 2) return undefined;
  for (const wrapper of wrappers) {
    const inner = line[wrapper];
    const value = typeof inner === "string" && inner.startsWith("{") ? parsed(inner) : inner;
    const found = isObject(value) ? recordIn(value, depth + 1) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Results of calls have the same class, and no decision. */
const isToolCall = ({ class_uid, metadata }: Readonly<Record<string, unknown>>) =>
  class_uid === apiActivity && isObject(metadata) && metadata.event_code === toolCallEvent;

/** Reads one line of an audit log. Other events, and lines of JSON that hold no decision are of the log around it. */
export function readDecision(text: string): LineContent {
  const line = parsed(text);
  if (line === undefined) return { problem: "not JSON" };
  if (!isObject(line)) return { problem: "not a JSON object" };
  const record = recordIn(line);
  if (record === undefined || !isToolCall(record)) return { decision: undefined };
  const { success, data, error } = toolCallSchema.safeParse(record);
  if (success) return { decision: decisionOf(data) };
  const [issue] = error.issues;
  return { problem: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not an audit event"}` };
}
