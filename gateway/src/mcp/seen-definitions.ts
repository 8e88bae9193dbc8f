/** What servers said of their tools lately, in the memory of this process. */
import { setBounded } from "../bounded-map.ts";
import type { Grant } from "../deps/grants.ts";
import type { ServerSettings } from "../deps/host-settings.ts";
import type { Clock } from "../deps/process.ts";

/**
 * Whose list it is, and in which revision of the protocol: a server may show others another one, and what it shows one agent must
 * not block a tool for another. No agent: the list that a human is asked about. No version: none was named.
 */
export interface View {
  readonly server: ServerSettings;
  readonly grant: Pick<Grant, "userId"> & Partial<Pick<Grant, "clientId">>;
  readonly protocolHeaders?: Readonly<Record<string, string>>;
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
  /** When the gateway itself has last begun to read the list, and when it last began and got all of it. */
  triedAtMs: number | undefined;
  looked: Reading | undefined;
}

/** A human at a server. */
interface Human {
  /** Another one whenever the server says that its tools have changed: what was read before is not believed any more. */
  generation: number;
  /** Agent, then protocol version. */
  readonly agents: Map<string, Map<string, Seen>>;
}

/** Kept of each kind. Above it the one that was read the longest ago goes, and is read again when it is needed. */
const humansMax = 5_000;
const agentsMax = 50;
// An agent can name any text as its version; it only ever forgets its own.
const versionsMax = 4;

export interface SeenDefinitions {
  /** To be called before a list is asked for. */
  begin(view: View): Reading;
  /** Takes the digests of a list, or of a page of it. */
  take(view: View, reading: Reading, digests: ReadonlyMap<string, string>): void;
  /** Digest of a tool and when it was seen; undefined when that is not known, or not any more. */
  find(view: View, tool: string): { readonly digest: string; readonly atMs: number } | undefined;
  /** Digests of a tool in all versions in which this agent has listed it. */
  digestsOf(view: View, tool: string): readonly string[];
  tried(view: View, reading: Reading): void;
  triedAtMs(view: View): number | undefined;
  looked(view: View, reading: Reading): void;
  lookedAtMs(view: View): number | undefined;
  /** Believes nothing of what the human's agents were shown so far. */
  distrust(view: View): void;
}

/** What is under `key`, or what `create` makes; it becomes the newest. */
function renewed<Value>(map: Map<string, Value>, sizeMax: number, key: string, create: () => Value): Value {
  const value = map.get(key) ?? create();
  setBounded(map, sizeMax, key, value);
  return value;
}

const humanOf = ({ server, grant }: View) => `${server.key} ${grant.userId}`;
const agentOf = ({ grant }: View) => grant.clientId ?? "";
const versionOf = ({ protocolHeaders }: View) => protocolHeaders?.["mcp-protocol-version"] ?? "";

export function createSeenDefinitions(clock: Clock): SeenDefinitions {
  const humans = new Map<string, Human>();
  // Of no two of them the same: a human who was forgotten begins with one that no old reading has.
  let generations = 0;
  const nextGeneration = () => {
    generations += 1;
    return generations;
  };
  const humanIn = (view: View): Human =>
    renewed(humans, humansMax, humanOf(view), () => ({ generation: nextGeneration(), agents: new Map() }));
  const seenIn = (view: View): Seen => {
    const versions = renewed(humanIn(view).agents, agentsMax, agentOf(view), () => new Map<string, Seen>());
    const nothing = () => ({ tools: new Map<string, SeenTool>(), triedAtMs: undefined, looked: undefined });
    return renewed(versions, versionsMax, versionOf(view), nothing);
  };
  const versionsOf = (view: View) => humans.get(humanOf(view))?.agents.get(agentOf(view));
  const known = (view: View) => versionsOf(view)?.get(versionOf(view));
  const isBelieved = (view: View, reading: Reading) => humans.get(humanOf(view))?.generation === reading.generation;

  return {
    begin: (view) => ({ atMs: clock().getTime(), generation: humanIn(view).generation }),
    take: (view, reading, digests) => {
      const { tools } = seenIn(view);
      for (const [name, digest] of digests) tools.set(name, { digest, reading });
    },
    find: (view, tool) => {
      const seen = known(view)?.tools.get(tool);
      if (seen === undefined || !isBelieved(view, seen.reading)) return undefined;
      return { digest: seen.digest, atMs: seen.reading.atMs };
    },
    digestsOf: (view, tool) =>
      [...(versionsOf(view)?.values() ?? [])].flatMap(({ tools }) => {
        const seen = tools.get(tool);
        return seen === undefined || !isBelieved(view, seen.reading) ? [] : [seen.digest];
      }),
    tried: (view, { atMs }) => {
      seenIn(view).triedAtMs = atMs;
    },
    triedAtMs: (view) => known(view)?.triedAtMs,
    looked: (view, reading) => {
      seenIn(view).looked = reading;
    },
    lookedAtMs: (view) => {
      const looked = known(view)?.looked;
      return looked === undefined || !isBelieved(view, looked) ? undefined : looked.atMs;
    },
    distrust: (view) => {
      humanIn(view).generation = nextGeneration();
    },
  };
}
