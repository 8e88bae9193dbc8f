/**
 * Writes a large host whose files look like those of a company: groups of teams, grants to groups and to single humans,
 * some with an end, tools of which some wait for an approval. The same seed makes the same host.
 *
 *     node policies/bench/generate-host.ts <dir> [--humans 10000] [--servers 50] [--tools 100] [--seed 1] [--changes 0]
 */
import { parseArgs } from "node:util";
import { type HostValues, writeHost } from "../src/testing/host-values.ts";
import type { TrustLevel } from "../src/trust.ts";

/** How large a generated host is. */
export interface HostSize {
  readonly humans: number;
  readonly servers: number;
  /** Tools of each server. */
  readonly tools: number;
}

/** Numbers that look random and are the same for the same seed: a linear congruential generator (Numerical Recipes). */
function numbers(seed: number) {
  let state = seed >>> 0;
  /** A whole number from 0 to below `end`. */
  const below = (end: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
  const pick = <T>(all: readonly T[]): T => {
    const picked = all[below(all.length)];
    if (picked === undefined) throw new Error("There is nothing to pick from.");
    return picked;
  };
  return { below, pick };
}

const verbs: Readonly<Record<TrustLevel, readonly string[]>> = {
  low: ["list", "get", "search", "read", "describe", "count"],
  medium: ["create", "update", "send", "run", "publish"],
  high: ["delete", "purge", "revoke"],
};
// Most tools read, few destroy.
const mix: readonly TrustLevel[] = ["low", "low", "low", "low", "low", "medium", "medium", "medium", "high", "low"];
const ends = ["2027-01-31", "2027-03-31", "2027-06-30", "2027-12-31"];
const numbered = (name: string, index: number, width: number) => `${name}-${String(index + 1).padStart(width, "0")}`;

function serverValues(index: number, tools: number, { pick, below }: ReturnType<typeof numbers>) {
  const name = numbered("server", index, 2);
  const entries = Array.from({ length: tools }, (_, tool) => {
    const trust = mix[tool % mix.length] ?? "low";
    const field = trust !== "low" && below(4) === 0 ? { approval: true } : {};
    return [`${pick(verbs[trust])}_item_${String(tool + 1).padStart(3, "0")}`, { trust, ...field }] as const;
  });
  const approval = index % 5 === 0 ? { approval: { from: "high" as const } } : {};
  const consentDays = index % 7 === 0 ? { consentDays: 30 } : {};
  const description = `The tools of ${name}.`;
  const values = { name, description, url: `https://${name}.example.com/mcp`, ...consentDays, ...approval };
  return [name, { ...values, tools: Object.fromEntries(entries) }] as const;
}

/** The values of a generated host. Everybody of the staff reads on every server, so each has a ceiling on each. */
export function generateHost({ humans, servers, tools }: HostSize, seed = 1): HostValues {
  const random = numbers(seed);
  const people = Array.from({ length: humans }, (_, index) => `${numbered("person", index, 5)}@example.com`);
  const serverFiles = Array.from({ length: servers }, (_, index) => serverValues(index, tools, random));
  const keys = serverFiles.map(([key]) => key);
  // One in twenty is not of the staff.
  const contractors = people.filter((_, index) => index % 20 === 19);
  const staff = people.filter((_, index) => index % 20 !== 19);
  const teams = Array.from({ length: Math.max(1, Math.ceil(humans / 250)) }, (_, index) => numbered("team", index, 2));
  const groups: Record<string, string[]> = { staff, contractors };
  for (const team of teams) groups[team] = [];
  for (const [index, email] of staff.entries()) groups[teams[index % teams.length] ?? "staff"]?.push(email);

  const grants: NonNullable<HostValues["grants"]["grants"]> = [];
  for (const server of keys) grants.push({ server, group: "staff", ceiling: "low" });
  for (const server of keys.slice(0, Math.ceil(servers / 10))) {
    grants.push({ server, group: "contractors", ceiling: "low", until: "2027-06-30", consentDays: 14 });
  }
  const ofTeam = Math.min(12, Math.ceil(servers / 2));
  for (const [index, team] of teams.entries()) {
    for (let offset = 0; offset < ofTeam; offset++) {
      const server = keys[(index * 7 + offset) % servers];
      if (server === undefined) continue;
      grants.push({ server, group: team, ceiling: offset < 2 ? "high" : "medium" });
    }
  }
  for (const human of people) {
    if (random.below(3) > 0) continue;
    // Of a server that the team has nothing more of than everybody.
    const offset = ofTeam + random.below(servers - ofTeam);
    const server = keys[((staff.indexOf(human) % teams.length) * 7 + offset + servers) % servers];
    if (server === undefined) continue;
    const until = random.below(2) === 0 ? { until: random.pick(ends) } : {};
    grants.push({ server, human, ceiling: random.pick(["medium", "high"] as const), ...until });
  }
  return {
    host: {
      name: "Generated",
      permit: { project: "default", environment: "generated" },
      admins: people.slice(0, 3),
      approvers: ["team-01"],
      auditors: people.slice(3, 5),
      approval: { bypass: [{ client: "https://ci.example.com/agent.json" }] },
    },
    grants: { groups, grants },
    servers: Object.fromEntries(serverFiles),
    locks: {},
  };
}

/** The same host after `count` changes as a company makes them: ceilings, members, ends, trust and approvals. */
export function withChanges(values: HostValues, count: number, seed = 1): HostValues {
  const { below, pick } = numbers(seed + 1);
  const changed = structuredClone(values) as HostValues & { grants: { groups: Record<string, string[]> } };
  const grants = changed.grants.grants ?? [];
  const servers = Object.values(changed.servers);
  const levels: readonly TrustLevel[] = ["low", "medium", "high"];
  const teams = Object.keys(changed.grants.groups).filter((name) => name.startsWith("team-"));
  for (let index = 0; index < count; index++) {
    const grant = pick(grants.filter(({ group }) => group === undefined));
    const tool = pick(Object.values(pick(servers).tools));
    switch (index % 5) {
      case 0:
        grant.ceiling = pick(levels.filter((level) => level !== grant.ceiling));
        break;
      case 1:
        pick(teams.map((team) => changed.grants.groups[team] ?? [])).push(`new-${below(1e6)}-${index}@example.com`);
        break;
      case 2:
        tool.trust = pick(levels.filter((level) => level !== tool.trust));
        break;
      case 3:
        tool.approval = tool.approval !== true;
        break;
      default:
        grants.splice(grants.indexOf(grant), 1);
    }
  }
  return changed;
}

/** The options that say how large a generated host is. */
export const hostSizeOptions = {
  humans: { type: "string", default: "10000" },
  servers: { type: "string", default: "50" },
  tools: { type: "string", default: "100" },
} as const;

/** The size that the options say. */
export function sizeOf(options: Readonly<Record<keyof typeof hostSizeOptions, string>>): HostSize {
  return { humans: Number(options.humans), servers: Number(options.servers), tools: Number(options.tools) };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...hostSizeOptions,
      seed: { type: "string", default: "1" },
      changes: { type: "string", default: "0" },
    },
  });
  const [dir] = positionals;
  if (dir === undefined) throw new Error("Say which folder to write the host into.");
  const seed = Number(values.seed);
  writeHost(withChanges(generateHost(sizeOf(values), seed), Number(values.changes), seed), dir);
}
