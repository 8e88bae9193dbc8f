/** Past decisions of the gateway under another policy. */
import { dayOf } from "./day-of.ts";
import { decide } from "./decide.ts";
import type { Day, HostModel } from "./model.ts";
import { isDynamicServerKey, permitServerOf } from "./permit-keys.ts";
import { type TrustLevel, trustLevels, trustRank } from "./trust.ts";

/** A decision on a tool call that the gateway once made. */
export interface PastDecision {
  /** Tells a record that was delivered twice. */
  readonly id?: string | undefined;
  /** RFC 3339. */
  readonly time: string;
  readonly host: string;
  readonly human: string;
  readonly agent?: { readonly clientId: string } | undefined;
  /** Empty: the name of the tool led to none of several servers. */
  readonly server: string;
  readonly tool: string;
  /** Trust of the tool at that time; null or left out: the policy did not know the tool. */
  readonly trust?: TrustLevel | null | undefined;
  /** The consent at that time; null: there was none; left out: that is not known. */
  readonly consent?: TrustLevel | null | undefined;
  readonly decision: "allow" | "deny";
  readonly code: string;
}

/** What would become of a past decision. */
export type Replayed =
  | { readonly result: "unchanged" | "denied" | "allowed"; readonly code: string; readonly waits: boolean }
  /** It depends on what the record does not say, or was never the policy's decision. */
  | { readonly result: "unknown"; readonly reason: string };

/** The codes with which the policy denies. Every other denial (an outage, a rate limit) would be one under any policy. */
const policyCodes = [
  "SERVER_UNKNOWN",
  "TOOL_UNKNOWN",
  "NO_GRANT",
  "GRANT_ENDED",
  "CEILING_TOO_LOW",
  "CONSENT_TOO_LOW",
  "NO_PERMISSION",
];

/**
 * The consents that the agent may have had, the lowest first; null: none. A record does not have to say it, and
 * still tells something: what was allowed had a consent that reached the tool's trust, and what was denied for its
 * consent had one that did not.
 */
function possibleConsents({ decision, code, trust, consent }: PastDecision): readonly (TrustLevel | null)[] {
  if (consent !== undefined) return [consent];
  const all = [null, ...trustLevels];
  const rank = trust === null || trust === undefined ? undefined : trustRank(trust);
  if (rank === undefined) return all;
  if (decision === "allow") return trustLevels.slice(rank);
  return code === "CONSENT_TOO_LOW" ? [null, ...trustLevels.slice(0, rank)] : all;
}

/**
 * Decides again what was decided once: the same agent of the same human calls the same tool, on the day of the record
 * or on `on`. `host` is the host of the record; undefined: the policy does not have it.
 */
export function replay(host: HostModel | undefined, past: PastDecision, on?: Day): Replayed {
  if (host === undefined) return { result: "unknown", reason: "the policy does not have the host" };
  const was = past.decision === "allow";
  if (!was && !policyCodes.includes(past.code)) {
    return { result: "unknown", reason: `${past.code} was not the policy's decision` };
  }
  const { human, agent } = past;
  const isDynamic = isDynamicServerKey(past.server);
  if (isDynamic && (past.trust === null || past.trust === undefined)) {
    return { result: "unknown", reason: "the policy does not say which tools the server of a human has" };
  }
  // Of a server that a human entered the policy knows a call by its trust alone.
  const server = permitServerOf(past.server);
  const tool = isDynamic ? (past.trust ?? "") : past.tool;
  const client = agent === undefined ? {} : { client: agent.clientId };
  const question = { human, server, tool, on: on ?? dayOf(new Date(past.time)), ...client };
  const answers = possibleConsents(past).map((consent) => {
    // Without a consent nothing is allowed; the question with the lowest one tells what else there is against it.
    const answer = decide(host, { ...question, consent: consent ?? "low" });
    return answer.allow && consent === null ? ({ allow: false, code: "CONSENT_TOO_LOW" } as const) : answer;
  });
  const allowing = answers.filter(({ allow }) => allow).length;
  const best = answers.at(-1);
  if (best === undefined || (allowing > 0 && allowing < answers.length)) {
    const needed = host.servers.find(({ key }) => key === server)?.tools.find(({ name }) => name === tool)?.trust;
    return { result: "unknown", reason: `allowed if the consent is at least ${needed}` };
  }
  const code = best.allow ? "ALLOWED" : best.code;
  const waits = best.allow && best.approval;
  return { result: best.allow === was ? "unchanged" : best.allow ? "allowed" : "denied", code, waits };
}
