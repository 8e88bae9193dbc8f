import { dynamicServersKey, type TrustLevel, trustRank } from "@permit-mcp-gateway/policies";
import type {
  AuditRecord,
  CallOutcome,
  CallResultRecord,
  RequestRecord,
  ToolCallRecord,
} from "../../deps/audit-records.ts";
import { boundedGroups } from "./bounded.ts";

/** How many calls there were of each end. */
export type CallCounts = Readonly<Record<"allowed" | "denied" | CallOutcome, number>>;

/** Calls of one tool. */
export interface ToolCounts {
  readonly server: string | null;
  /** Null: tools that the policy does not know. Their names are of the client's choice. */
  readonly tool: string | null;
  readonly allowed: number;
  readonly denied: number;
  readonly failed: number;
}

/** What a human's agents have used of a server. */
export interface ServerUse {
  readonly human: string;
  readonly server: string;
  /** Highest trust of a tool that was called; undefined: none was. */
  readonly trust: TrustLevel | undefined;
  /** JSON-RPC methods of requests for something else that were allowed. */
  readonly methods: ReadonlySet<string>;
}

/** The calls of a period. */
export interface CallsTally {
  readonly tools: CallCounts;
  /** Requests for something beside the tools. */
  readonly others: CallCounts;
  /** Results of calls that were allowed before the period. */
  readonly earlierResults: number;
  readonly denials: readonly { readonly code: string; readonly tools: number; readonly others: number }[];
  readonly humans: number;
  /** Clients, each with the human that it acts for. */
  readonly agents: number;
  readonly servers: number;
  readonly byTool: readonly ToolCounts[];
  /** Of tools that are more than are told apart. */
  readonly otherTools: { readonly allowed: number; readonly denied: number } | undefined;
  readonly uses: readonly ServerUse[];
  readonly approvals: {
    /** Calls that were made under an approval. */
    readonly under: number;
    /** Calls that were denied because they needed one. */
    readonly needed: number;
  };
}

type Mutable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

const noCounts = (): Mutable<CallCounts> => ({
  ...{ allowed: 0, denied: 0, answered: 0, failed: 0, cancelled: 0, unknown: 0 },
});
/** Far more than a host has; a client that makes names up must not fill the memory. */
const groupsMax = 100_000;

/** Milliseconds since 1970 in a UUID of version 7 or 8 that `uuidV7` or `resultId` made. */
const timeOfId = (id: string): number => Number.parseInt(`${id.slice(0, 8)}${id.slice(9, 13)}`, 16);

/** Counts the calls of a period that begins at `from`. `serverOf` is the policy's name of a server. */
export function createCallsTally(from: Date, serverOf: (server: string) => string) {
  const [tools, others] = [noCounts(), noCounts()];
  const denials = boundedGroups(groupsMax, () => ({ tools: 0, others: 0 }));
  const byTool = boundedGroups(groupsMax, () => ({ allowed: 0, denied: 0, failed: 0 }));
  const uses = boundedGroups(groupsMax, () => ({
    trust: undefined as TrustLevel | undefined,
    methods: new Set<string>(),
  }));
  const humans = boundedGroups(groupsMax, () => undefined);
  const agents = boundedGroups(groupsMax, () => undefined);
  const servers = boundedGroups(groupsMax, () => undefined);
  const approvals = { under: 0, needed: 0 };
  let earlierResults = 0;

  const takeUse = (record: ToolCallRecord | RequestRecord) => {
    if (record.server === null) return;
    const use = uses.of(record.human, serverOf(record.server));
    if (record.event === "request") {
      if (record.method !== null) use.methods.add(record.method);
    } else if (record.trust !== null && (use.trust === undefined || trustRank(record.trust) > trustRank(use.trust)))
      use.trust = record.trust;
  };

  const takeDecision = (record: ToolCallRecord | RequestRecord) => {
    const { human, agent, server, decision, code } = record;
    humans.of(human);
    agents.of(human, agent.clientId);
    if (server !== null) servers.of(server);
    const counts = record.event === "tool_call" ? tools : others;
    counts[decision === "allow" ? "allowed" : "denied"] += 1;
    if (decision === "allow") takeUse(record);
    else denials.of(code)[record.event === "tool_call" ? "tools" : "others"] += 1;
    if (record.event !== "tool_call") return;
    const known = decision === "allow" || record.trust !== null;
    byTool.of(server, known ? record.tool : null)[decision === "allow" ? "allowed" : "denied"] += 1;
    if (record.approvalId !== undefined) approvals.under += 1;
    if (code === "APPROVAL_REQUIRED") approvals.needed += 1;
  };

  const takeResult = ({ callId, server, tool, outcome }: CallResultRecord) => {
    if (timeOfId(callId) < from.getTime()) {
      earlierResults += 1;
      return;
    }
    const counts = tool === null ? others : tools;
    counts[outcome] += 1;
    if (tool !== null && outcome === "failed") byTool.of(server, tool).failed += 1;
  };

  return {
    take: (record: AuditRecord): void => {
      if (record.event === "tool_call" || record.event === "request") takeDecision(record);
      else if (record.event === "call_result") takeResult(record);
      // Entering a server is itself a use of what the policy grants.
      else if (record.event === "dynamic_server" && record.code === "CONNECTED")
        uses.of(record.human, dynamicServersKey).trust ??= "low";
    },
    tally: (): CallsTally => ({
      ...{ tools, others, earlierResults, approvals },
      denials: denials.entries().map(([[code], counts]) => ({ code: code ?? "", ...counts })),
      ...{ humans: humans.size(), agents: agents.size(), servers: servers.size() },
      byTool: byTool.entries().map(([[server = null, tool = null], counts]) => ({ server, tool, ...counts })),
      otherTools: byTool.rest(),
      uses: uses.entries().map(([[human, server], use]) => ({ human: human ?? "", server: server ?? "", ...use })),
    }),
  };
}
