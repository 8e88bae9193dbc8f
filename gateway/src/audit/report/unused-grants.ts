/** What the policy grants and nobody used, and which line of the policy could say less. Pure. */
import {
  type Day,
  type GrantModel,
  grantsOf,
  type HostModel,
  holdsOn,
  reaches,
  type ServerModel,
  type TrustLevel,
  trustRank,
} from "@permit-mcp-gateway/policies";
import type { ServerUse } from "./tally-calls.ts";

/** A human who could have used more of a server than their agents did. */
export interface UnusedGrant {
  readonly human: string;
  readonly server: string;
  readonly ceiling: TrustLevel;
  /** Highest level that was used; undefined: nothing was. */
  readonly used: TrustLevel | undefined;
  readonly line: GrantLineUse;
}

/** A line of the policy that sets ceilings, and how much of it was needed. */
export interface GrantLineUse {
  /** Where its ceiling is. */
  readonly source: GrantModel["source"];
  readonly server: string;
  readonly ceiling: TrustLevel;
  readonly group: string | undefined;
  /** The highest level that one of those used who have their ceiling from it; undefined: none used anything. */
  readonly needed: TrustLevel | undefined;
  /** Who used that much. */
  readonly neededBy: readonly string[];
}

const highest = (levels: readonly (TrustLevel | undefined)[]): TrustLevel | undefined =>
  levels.reduce((best, each) => {
    if (each === undefined) return best;
    return best === undefined || trustRank(each) > trustRank(best) ? each : best;
  }, undefined);

/** The level that a request for something else than a tool needed. */
function levelOfMethod(server: ServerModel, method: string): TrustLevel | undefined {
  const own = Object.hasOwn(server.methods, method) ? server.methods[method] : undefined;
  const part = method.startsWith("resources/")
    ? server.resources
    : method.startsWith("prompts/")
      ? server.prompts
      : own;
  // Completion is of either part; for all others a consent at any level was enough.
  const needed = method === "completion/complete" ? highestOpen(server) : part;
  return needed === undefined || needed === "off" ? "low" : needed;
}

function highestOpen({ resources, prompts }: ServerModel): TrustLevel | undefined {
  return highest([resources, prompts].map((from) => (from === "off" ? undefined : from)));
}

function usedLevel(server: ServerModel, use: ServerUse | undefined): TrustLevel | undefined {
  if (use === undefined) return undefined;
  return highest([use.trust, ...[...use.methods].map((method) => levelOfMethod(server, method))]);
}

/**
 * Compares each ceiling that holds on `on` with what was used. A line is needed as far as somebody used it who has their
 * ceiling from it: lowering it to that takes nothing from anybody that they used.
 */
export function unusedGrants(host: HostModel, uses: readonly ServerUse[], on: Day): readonly UnusedGrant[] {
  const byPair = new Map(uses.map((use) => [JSON.stringify([use.human, use.server]), use]));
  const servers = new Map(host.servers.map((server) => [server.key, server]));
  const pairs = new Map(host.grants.map(({ human, server }) => [JSON.stringify([human, server]), { human, server }]));
  const ceilings = [...pairs].flatMap(([pair, { human, server }]) => {
    const grant = grantsOf(host, server, human).find((each) => holdsOn(each, on));
    const model = servers.get(server);
    return grant === undefined || model === undefined ? [] : [{ grant, used: usedLevel(model, byPair.get(pair)) }];
  });
  const byLine = Map.groupBy(ceilings, ({ grant: { source } }) => `${source.line}:${source.column}`);
  return [...byLine.values()].flatMap((reached) => {
    const needed = highest(reached.map(({ used }) => used));
    const neededBy = reached.filter(({ used }) => used !== undefined && used === needed);
    return reached
      .filter(({ grant, used }) => used === undefined || !reaches(used, grant.ceiling))
      .map(({ grant, used }) => {
        const { human, server, ceiling, group, source } = grant;
        const line = { source, server, ceiling, group, needed, neededBy: neededBy.map((each) => each.grant.human) };
        return { human, server, ceiling, used, line };
      });
  });
}
