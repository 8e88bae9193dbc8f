/** What is on record against what was asked, seen and run. Pure. */
import { z } from "zod";
import type { Seen } from "./requests.ts";

const eventSchema = z.object({
  action_id: z.int().optional(),
  metadata: z.object({ event_code: z.string(), uid: z.string(), correlation_uid: z.string().optional() }),
  api: z
    .object({ request: z.object({ uid: z.string(), data: z.object({ id: z.string() }).optional().catch(undefined) }) })
    .optional(),
  resources: z.array(z.object({ name: z.string() })).optional(),
});
type Event = z.infer<typeof eventSchema>;

/** Which request a decision is about: by its arguments, by the tool that is not there, by the request's id. */
function requestOf({ api, resources }: Event, byRequestId: ReadonlyMap<string, string>): string | undefined {
  const invented = /^no_tool_(r\d+)$/.exec(resources?.[0]?.name ?? "")?.[1];
  return api?.request.data?.id ?? invented ?? byRequestId.get(api?.request.uid ?? "");
}

export interface Counts {
  readonly requests: number;
  readonly decisions: number;
  readonly allowed: number;
  readonly results: number;
  /** Whose gateway was killed, or whose client went away. */
  readonly unanswered: number;
  /** Of these, those that have no record, and that nobody ran. */
  readonly neverBegun: number;
}

/**
 * Every request that was answered has one decision; one that nobody answered, at most one, and exactly one when the server
 * has run it. Every decision that let a call through has one result, and nothing else has one. Returns what is not so.
 */
export function compare(
  seen: readonly Seen[],
  ran: readonly string[],
  lines: readonly string[],
): { readonly problems: readonly string[]; readonly counts: Counts } {
  const problems: string[] = [];
  const byRequestId = new Map(seen.flatMap(({ request, requestId = "" }) => [[requestId, request.id] as const]));
  const decisions = new Map<string, Event[]>();
  const results = new Map<string, number>();
  const allowed: Event[] = [];
  for (const line of lines) {
    const event = eventSchema.parse(JSON.parse(line));
    const { event_code: code, uid, correlation_uid: decision = "" } = event.metadata;
    if (code === "call_result") results.set(decision, (results.get(decision) ?? 0) + 1);
    if (code !== "tool_call" && code !== "request") continue;
    const id = requestOf(event, byRequestId);
    // A malformed request whose gateway was killed before it answered: nothing tells which one it was.
    decisions.set(id ?? "", [...(decisions.get(id ?? "") ?? []), event]);
    if (event.action_id === 1) allowed.push(event);
    else if (results.has(uid)) problems.push(`${uid} was refused and has a result`);
  }
  const runs = new Set(ran);
  let [unanswered, neverBegun] = [0, 0];
  for (const { request, requestId } of seen) {
    const count = decisions.get(request.id)?.length ?? 0;
    const must = requestId !== undefined || runs.has(request.id);
    if (requestId === undefined) unanswered += 1;
    if (requestId === undefined && count === 0 && !runs.has(request.id)) neverBegun += 1;
    if (count > 1 || (must && count !== 1)) problems.push(`${request.id} (${request.kind}): ${count} decisions`);
  }
  for (const { metadata } of allowed) {
    const count = results.get(metadata.uid) ?? 0;
    if (count !== 1) problems.push(`${metadata.uid} was let through and has ${count} results`);
  }
  const all = [...decisions.values()].reduce((sum, { length }) => sum + length, 0);
  const resultCount = [...results.values()].reduce((sum, count) => sum + count, 0);
  if (resultCount !== allowed.length) problems.push(`${allowed.length} let through, ${resultCount} results`);
  const counts = { requests: seen.length, decisions: all, allowed: allowed.length, results: resultCount };
  return { problems, counts: { ...counts, unanswered, neverBegun } };
}
