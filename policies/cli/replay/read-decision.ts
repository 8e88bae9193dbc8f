import { type PastDecision, pastDecisionSchema } from "../../src/replay.ts";

/** What a line holds: a decision, something else (undefined), or what is wrong with it. */
export type LineContent = { readonly decision: PastDecision | undefined } | { readonly problem: string };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Where log services put the line that a program wrote. */
const wrappers = ["audit", "record", "message", "@message", "log"];

/** The audit record in a log line: the line itself, or what one of the wrappers holds, as an object or as JSON text. */
function recordIn(line: Readonly<Record<string, unknown>>, depth = 0): Readonly<Record<string, unknown>> | undefined {
  if ("decision" in line && "tool" in line) return line;
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

/** Reads one line of an audit log. Lines of JSON that hold no decision are of the log around it. */
export function readDecision(text: string): LineContent {
  const line = parsed(text);
  if (line === undefined) return { problem: "not JSON" };
  if (!isObject(line)) return { problem: "not a JSON object" };
  const record = recordIn(line);
  if (record === undefined) return { decision: undefined };
  const { success, data, error } = pastDecisionSchema.safeParse(record);
  if (success) return { decision: data };
  const [issue] = error.issues;
  return { problem: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not an audit record"}` };
}
