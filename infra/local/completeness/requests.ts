/** Random requests of an agent, and what the log must have of each. */
import { randomInt } from "node:crypto";

/** What a request is to become. `refused`: the gateway refuses it; `malformed`: it can't read it. */
export type Kind = "answered" | "refused" | "unknown tool" | "timed out" | "cancelled" | "broken" | "malformed";

export interface PlannedRequest {
  /** In the arguments, or in the name of a tool that is not there. */
  readonly id: string;
  readonly kind: Kind;
  readonly tool: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The client goes away after so long. */
  readonly abortMs: number | undefined;
}

/** How often each kind comes: what takes long is rare, so that the run is not. */
const weights: readonly (readonly [Kind, number])[] = [
  ["answered", 60],
  ["refused", 12],
  ["unknown tool", 8],
  ["cancelled", 6],
  ["broken", 5],
  ["malformed", 7],
  ["timed out", 2],
];
const total = weights.reduce((sum, [, weight]) => sum + weight, 0);

function anyKind(): Kind {
  let left = randomInt(total);
  for (const [kind, weight] of weights) {
    left -= weight;
    if (left < 0) return kind;
  }
  return "answered";
}

const version = "2026-07-28";
const meta = {
  "io.modelcontextprotocol/protocolVersion": version,
  "io.modelcontextprotocol/clientInfo": { name: "completeness", version: "1.0.0" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** The next request. */
export function anyRequest(number: number): PlannedRequest {
  const kind = anyKind();
  const id = `r${number}`;
  const slow = kind === "timed out" || kind === "cancelled";
  const behaviour = slow ? "slow" : kind === "broken" ? "break" : "answer";
  const allowed = randomInt(2) === 0 ? "read_item" : "write_item";
  const tool = kind === "refused" ? "delete_item" : kind === "unknown tool" ? `no_tool_${id}` : allowed;
  const params = { name: tool, arguments: { id, behaviour }, _meta: meta };
  const message = JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params });
  return {
    ...{ id, kind, tool },
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": version,
      "mcp-method": "tools/call",
      "mcp-name": tool,
    },
    body: kind === "malformed" ? message.slice(0, -1 - randomInt(20)) : message,
    abortMs: kind === "cancelled" ? 20 + randomInt(100) : undefined,
  };
}

/** What the client saw. */
export interface Seen {
  readonly request: PlannedRequest;
  /** Id that the gateway gave the request; undefined where no answer came. */
  readonly requestId: string | undefined;
}
