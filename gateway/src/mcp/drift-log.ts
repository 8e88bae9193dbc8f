/** Puts on record when a tool is not what was reviewed any more, and when it is again: once for all replicas. */
import type { FastifyBaseLogger } from "fastify";
import { driftRecord } from "../audit/record.ts";
import type { AuditSink } from "../deps/audit.ts";
import type { Grant } from "../deps/grants.ts";
import type { ServerSettings, ToolSettings } from "../deps/host-settings.ts";
import type { Clock } from "../deps/process.ts";
import type { ToolDrift, ToolDriftStore } from "../deps/tool-drift.ts";
import { labelOf } from "../server-url.ts";
import type { View } from "./seen-definitions.ts";

/** Further definitions of one tool are not told: a server could make up one for each request. */
const driftsMax = 10;
/** How often it is noted that a definition is still there. */
const touchIntervalMs = 30_000;

/** The list in which tools were seen: whose it was, and the request that asked for it. */
export interface Sighting extends View {
  readonly requestId: string;
  readonly grant: View["grant"] & Pick<Grant, "email">;
}

export interface DriftLog {
  /**
   * `digests`: what was seen of tools that were reviewed. Resolves when what is new of it is on record. Never throws:
   * the calls are refused whether or not this can be written, and it is tried again with the next list.
   */
  note(sighting: Sighting, digests: ReadonlyMap<string, string>): Promise<void>;
}

export interface DriftLogOptions {
  readonly store: ToolDriftStore;
  readonly audit: AuditSink;
  readonly hostKey: string;
  /** A definition is gone when nobody has seen it for so long: servers that are being updated show old and new in turns. */
  readonly quietMs: number;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
}

/** Who can see what is another, and how: an admin, or the human who entered the server. */
export function howToReview(hostKey: string, { key, enteredBy }: ServerSettings): string {
  return enteredBy === undefined
    ? `An admin sees what is another with: npm run policy -- import --check --host ${hostKey} --server ${key}`
    : "Connect that server again to see what it has now.";
}

export function createDriftLog({ store, audit, hostKey, quietMs, clock, log }: DriftLogOptions): DriftLog {
  const write = (
    { requestId, grant, server: shown }: Sighting,
    drift: ToolDrift,
    reviewed: string,
    changed: boolean,
  ) => {
    const tool = `"${drift.tool}" of "${labelOf(shown)}"`;
    const outcome = changed
      ? ({
          decision: "deny",
          code: "TOOL_CHANGED",
          reason: `${tool} is not what was reviewed, so it is blocked. ${howToReview(hostKey, shown)}`,
        } as const)
      : ({ decision: "allow", code: "TOOL_RESTORED", reason: `${tool} is what was reviewed again.` } as const);
    const { server, tool: name, seen } = drift;
    const reviewer = shown.enteredBy === undefined ? ("admin" as const) : ("human" as const);
    const subject = { requestId, host: hostKey, human: grant.email, server, reviewer, tool: name, reviewed, seen };
    return audit.write(driftRecord({ ...subject, now: clock() }, outcome));
  };

  const opened = async (sighting: Sighting, drift: ToolDrift, reviewed: string) => {
    if (!(await store.add(drift))) return;
    try {
      await write(sighting, drift, reviewed, true);
    } catch (error) {
      // So that whoever sees it next tells of it.
      await store.remove(drift);
      throw error;
    }
    const { server, tool, seen } = drift;
    const review = howToReview(hostKey, sighting.server);
    // What a human has reviewed, they review again: nobody else has to do anything.
    const level = sighting.server.enteredBy === undefined ? "error" : "info";
    log[level]({ code: "TOOL_CHANGED", server, tool, reviewed, seen, review }, "tool blocked: not what was reviewed");
  };

  const closed = async (sighting: Sighting, drifts: readonly ToolDrift[], reviewed: string, last: boolean) => {
    for (const [index, drift] of drifts.entries()) {
      const removed = await store.remove(drift);
      if (!removed || !last || index < drifts.length - 1) continue;
      try {
        await write(sighting, drift, reviewed, false);
      } catch (error) {
        await store.add(drift);
        throw error;
      }
      log.warn({ code: "TOOL_RESTORED", server: drift.server, tool: drift.tool }, "tool is what was reviewed again");
    }
  };

  const noteTool = async (
    sighting: Sighting,
    { name, digest: reviewed = "" }: ToolSettings,
    seen: string,
    open: readonly (ToolDrift & { readonly lastSeenAt: Date })[],
  ) => {
    const now = clock().getTime();
    if (seen === reviewed) {
      // What the policy has taken over since, and what nobody sees any more.
      const gone = open.filter((drift) => drift.seen === reviewed || now - drift.lastSeenAt.getTime() >= quietMs);
      return closed(sighting, gone, reviewed, gone.length === open.length);
    }
    const known = open.find((drift) => drift.seen === seen);
    const drift = { server: sighting.server.key, tool: name, seen };
    if (known === undefined) return open.length < driftsMax ? opened(sighting, drift, reviewed) : undefined;
    if (now - known.lastSeenAt.getTime() >= touchIntervalMs) await store.touch(drift);
  };

  return {
    note: async (sighting, digests) => {
      const { server } = sighting;
      try {
        const open = Map.groupBy(await store.list(server.key), ({ tool }) => tool);
        for (const [name, seen] of digests) {
          const tool = server.tools.get(name);
          if (tool !== undefined) await noteTool(sighting, tool, seen, open.get(name) ?? []);
        }
      } catch (error) {
        log.error({ server: server.key, error: (error as Error).message }, "changed tools not on record");
      }
    },
  };
}
