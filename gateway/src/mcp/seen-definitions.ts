/** What servers said of their tools lately, in the memory of this process. */
import type { Grant } from "../deps/grants.ts";
import type { ServerSettings } from "../deps/host-settings.ts";
import type { Clock } from "../deps/process.ts";
import { digestOfEntry, nameOfEntry } from "./tool-definition.ts";

/** Human and server: a server may show other definitions to other humans, and one must not block a tool for all. */
export interface View {
  readonly server: ServerSettings;
  readonly grant: Pick<Grant, "userId">;
}

/** What was true when a list was asked for. */
export interface Reading {
  readonly atMs: number;
  readonly generation: number;
}

interface SeenTool {
  readonly digest: string;
  readonly reading: Reading;
}

interface Seen {
  readonly tools: Map<string, SeenTool>;
  /** One more whenever the server says that its tools have changed: what was read before is not believed any more. */
  generation: number;
  /** When the gateway itself has last begun to read the list, and when it last began and got all of it. */
  triedAtMs: number | undefined;
  lookedAtMs: number | undefined;
}

/** Views kept. Above it the one that was read the longest ago goes, and is read again when it is needed. */
const viewsMax = 5_000;

export interface SeenDefinitions {
  /** To be called before a list is asked for. */
  begin(view: View): Reading;
  /** Takes the entries of a list, or of a page of it. Returns the digests of the tools of which a digest was reviewed. */
  take(view: View, reading: Reading, entries: readonly unknown[]): ReadonlyMap<string, string>;
  /** Digest of a tool and when it was seen; undefined when that is not known, or not any more. */
  find(view: View, tool: string): { readonly digest: string; readonly atMs: number } | undefined;
  tried(view: View, reading: Reading): void;
  triedAtMs(view: View): number | undefined;
  looked(view: View, reading: Reading): void;
  lookedAtMs(view: View): number | undefined;
  /** Believes nothing of what was seen so far. */
  distrust(view: View): void;
}

/** Digests by name. Of a name that comes twice it is the one that was not reviewed: nobody can tell which is called. */
function digestsOf({ tools }: ServerSettings, entries: readonly unknown[]): Map<string, string> {
  const digests = new Map<string, string>();
  for (const entry of entries) {
    const name = nameOfEntry(entry);
    const reviewed = name === undefined ? undefined : tools.get(name)?.digest;
    if (name === undefined || reviewed === undefined) continue;
    const digest = digestOfEntry(name, entry);
    // The policy's own text where it is the same, so that thousands of views share it.
    if (digest !== reviewed) digests.set(name, digest);
    else if (!digests.has(name)) digests.set(name, reviewed);
  }
  return digests;
}

export function createSeenDefinitions(clock: Clock): SeenDefinitions {
  const views = new Map<string, Seen>();
  const keyOf = ({ server, grant }: View) => `${server.key} ${grant.userId}`;
  const seenIn = (view: View): Seen => {
    const key = keyOf(view);
    const seen = views.get(key) ?? { tools: new Map(), generation: 0, triedAtMs: undefined, lookedAtMs: undefined };
    views.delete(key);
    views.set(key, seen);
    if (views.size > viewsMax) views.delete(views.keys().next().value ?? key);
    return seen;
  };
  return {
    begin: (view) => ({ atMs: clock().getTime(), generation: seenIn(view).generation }),
    take: (view, reading, entries) => {
      const { tools } = seenIn(view);
      const digests = digestsOf(view.server, entries);
      for (const [name, digest] of digests) tools.set(name, { digest, reading });
      return digests;
    },
    find: (view, tool) => {
      const seen = views.get(keyOf(view));
      const known = seen?.tools.get(tool);
      if (known === undefined || known.reading.generation !== seen?.generation) return undefined;
      return { digest: known.digest, atMs: known.reading.atMs };
    },
    tried: (view, { atMs }) => {
      seenIn(view).triedAtMs = atMs;
    },
    triedAtMs: (view) => views.get(keyOf(view))?.triedAtMs,
    looked: (view, { atMs, generation }) => {
      const seen = seenIn(view);
      if (seen.generation === generation) seen.lookedAtMs = atMs;
    },
    lookedAtMs: (view) => views.get(keyOf(view))?.lookedAtMs,
    distrust: (view) => {
      const seen = seenIn(view);
      seen.generation += 1;
      seen.lookedAtMs = undefined;
    },
  };
}
