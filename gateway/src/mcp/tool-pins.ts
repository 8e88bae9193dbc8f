/** Tools stay what was reviewed: compares what servers say of them with the digests of the policy. */
import type { ToolSettings } from "../deps/host-settings.ts";
import { GatewayError } from "../errors.ts";
import { labelOf } from "../server-url.ts";
import { createDriftLog, type DriftLogOptions, howToReview, type Sighting } from "./drift-log.ts";
import { createSeenDefinitions, type Reading } from "./seen-definitions.ts";
import { digestsOf } from "./tool-definition.ts";

/** How soon the server is asked again about a tool that it does not list or that is not what was reviewed. */
const askAgainMs = 10_000;

/** A call that is checked, and the session in which the list is read for it. */
export interface Checked extends Sighting {
  readonly upstreamSessionId?: string | undefined;
}

/** What the gateway knows of the tools of servers, for each agent of each human, and each protocol version, by itself. */
export interface ToolPins {
  /** To be called before a list is asked for. */
  begin(view: Sighting): Reading;
  /**
   * Takes note of a list, or of a page of it. Resolves when what has changed is on record, with the digests of the tools of
   * which one was reviewed.
   */
  observe(view: Sighting, reading: Reading, entries: readonly unknown[]): Promise<ReadonlyMap<string, string>>;
  /** True when the tool is known to be another than the one reviewed, in whichever version this agent was shown it. A look-up. */
  isChanged(view: Sighting, tool: ToolSettings): boolean;
  /**
   * Returns when the tool is what was reviewed, and has been seen so lately. `readList` reads all entries of the
   * server's list; of calls of an agent in one session and version at the same time one does. Throws GatewayError TOOL_CHANGED, or why the list can't be read.
   */
  check(view: Checked, tool: ToolSettings, readList: () => Promise<readonly unknown[]>): Promise<void>;
  /** The server says that its tools have changed: what was seen so far is not believed any more. */
  distrust(view: Sighting): void;
}

export interface ToolPinsOptions extends Omit<DriftLogOptions, "quietMs"> {
  /** How long a definition is believed after it was seen. In the second half it is read again behind a call. */
  readonly believedMs: number;
}

export function createToolPins({ believedMs, ...options }: ToolPinsOptions): ToolPins {
  const { hostKey, clock, log } = options;
  const drift = createDriftLog({ ...options, quietMs: believedMs });
  const seen = createSeenDefinitions(clock);
  const reading = new Map<string, Promise<void>>();

  const observe: ToolPins["observe"] = async (view, begun, entries) => {
    const digests = await digestsOf(view.server, entries);
    seen.take(view, begun, digests);
    if (digests.size > 0) await drift.note(view, digests);
    return digests;
  };
  const read = (view: Checked, readList: () => Promise<readonly unknown[]>): Promise<void> => {
    const { server, grant, protocolHeaders, upstreamSessionId } = view;
    // Whatever may fail one list and not another: a call must not fail for somebody else's version or session.
    const version = protocolHeaders?.["mcp-protocol-version"];
    const key = JSON.stringify([server.key, grant.userId, grant.clientId, version, upstreamSessionId]);
    const under = reading.get(key);
    if (under !== undefined) return under;
    const begun = seen.begin(view);
    seen.tried(view, begun);
    const started = readList()
      .then(async (entries) => {
        seen.looked(view, begun);
        await observe(view, begun, entries);
      })
      .finally(() => reading.delete(key));
    reading.set(key, started);
    return started;
  };
  const isPast = (atMs: number | undefined) => atMs === undefined || clock().getTime() - atMs >= askAgainMs;
  const isDue = (view: Sighting) => isPast(seen.lookedAtMs(view));
  const readIfDue = async (view: Checked, tool: ToolSettings, readList: () => Promise<readonly unknown[]>) => {
    try {
      if (isDue(view)) await read(view, readList);
      // The server has said meanwhile that its tools changed.
      if (isDue(view)) await read(view, readList);
    } catch (error) {
      // What is known to be changed stays so.
      if (digestOf(view, tool) === undefined) throw error;
    }
  };
  /** Undefined when it was not seen, or too long ago. */
  const digestOf = (view: Sighting, { name }: ToolSettings): string | undefined => {
    const known = seen.find(view, name);
    return known === undefined || clock().getTime() - known.atMs >= believedMs ? undefined : known.digest;
  };
  const refusal = (view: Sighting, { name }: ToolSettings, digest: string | undefined): GatewayError => {
    const tool = `"${name}" of "${labelOf(view.server)}"`;
    const review = howToReview(hostKey, view.server);
    const sentence =
      digest === undefined
        ? `${tool} is not in the server's tool list, so nobody can tell whether it is what was reviewed. List the tools again. ${review}`
        : `${tool} is not what was reviewed any more, so it is blocked. ${review}`;
    return new GatewayError("TOOL_CHANGED", { sentence });
  };

  return {
    begin: seen.begin,
    observe,
    isChanged: (view, tool) => {
      if (tool.digest === undefined) return false;
      return seen.digestsOf(view, tool.name).some((digest) => digest !== tool.digest);
    },
    check: async (view, tool, readList) => {
      if (tool.digest === undefined) return;
      const known = seen.find(view, tool.name);
      const ageMs = known === undefined ? Number.POSITIVE_INFINITY : clock().getTime() - known.atMs;
      if (known?.digest === tool.digest && ageMs < believedMs) {
        // One that fails is not tried again for each call.
        if (ageMs >= believedMs / 2 && isPast(seen.triedAtMs(view))) {
          read(view, readList).catch((error: unknown) => {
            log.info({ server: view.server.key, error: String(error) }, "tools not read again");
          });
        }
        return;
      }
      await readIfDue(view, tool, readList);
      const digest = digestOf(view, tool);
      if (digest !== tool.digest) throw refusal(view, tool, digest);
    },
    distrust: seen.distrust,
  };
}
