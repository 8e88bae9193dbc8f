import type { AuditRecord, ChainLink, DynamicServerRecord, ToolDriftRecord } from "../../deps/audit-records.ts";
import { boundedGroups, boundedList, type Listed } from "./bounded.ts";

/** Settings that came into force. */
export interface PolicyInForce {
  readonly digest: string;
  /** RFC 3339: the first replica decided by them from then on. */
  readonly since: string;
  readonly replicas: number;
}

/** Sign-ins of one human that were refused for one reason. */
export interface RefusedSignIns {
  readonly human: string;
  readonly method: string | null;
  readonly code: string;
  readonly count: number;
  readonly last: string;
}

/** What changed in a period, beside consents. */
export interface ChangesTally {
  readonly policies: Listed<PolicyInForce>;
  readonly drift: Listed<ToolDriftRecord>;
  readonly servers: Listed<DynamicServerRecord>;
  readonly refusedSignIns: Listed<RefusedSignIns>;
  readonly refusedSignInCount: number;
  /** Changes of humans' accounts, and of what opens these. */
  readonly accounts: readonly {
    readonly change: string;
    readonly decision: "allow" | "deny";
    readonly humans: number;
    readonly count: number;
  }[];
}

/** So many humans are told apart for each change of an account. */
const humansMax = 100_000;

/** Collects the changes, the first `listMax` of each kind one by one. */
export function createChangesTally(listMax: number) {
  const policies = boundedGroups(listMax, () => ({ since: "", replicas: new Set<string>(), count: 0 }));
  const signIns = boundedGroups(listMax, () => ({ count: 0, last: "" }));
  const accounts = boundedGroups(listMax, () => ({ count: 0, humans: boundedGroups(humansMax, () => undefined) }));
  const drift = boundedList<ToolDriftRecord>(listMax);
  const servers = boundedList<DynamicServerRecord>(listMax);
  let refusedSignInCount = 0;
  return {
    take: (record: AuditRecord, link: ChainLink): void => {
      if (record.event === "tool_drift") drift.add(record);
      else if (record.event === "dynamic_server") servers.add(record);
      else if (record.event === "account_changed") {
        const account = accounts.of(record.change, record.decision);
        account.count += 1;
        account.humans.of(record.human);
      } else if (record.event === "policy_refreshed") {
        const policy = policies.of(record.policyDigest);
        policy.since ||= record.time;
        policy.count += 1;
        if (policy.replicas.size < listMax) policy.replicas.add(link.replica);
      } else if (record.event === "sign_in" && record.decision === "deny") {
        refusedSignInCount += 1;
        const refused = signIns.of(record.human, record.method, record.code);
        refused.count += 1;
        refused.last = record.time;
      }
    },
    tally: (): ChangesTally => ({
      policies: {
        items: policies
          .entries()
          .map(([[digest], { since, replicas }]) => ({ digest: digest ?? "", since, replicas: replicas.size })),
        more: policies.rest()?.count ?? 0,
      },
      accounts: accounts.entries().map(([[change, decision], { count, humans }]) => {
        return { change: change ?? "", decision: decision === "deny" ? "deny" : "allow", humans: humans.size(), count };
      }),
      ...{ drift: drift.listed(), servers: servers.listed(), refusedSignInCount },
      refusedSignIns: {
        items: signIns.entries().map(([[human, method = null, code], { count, last }]) => {
          return { human: human ?? "", method, code: code ?? "", count, last };
        }),
        more: signIns.rest()?.count ?? 0,
      },
    }),
  };
}
