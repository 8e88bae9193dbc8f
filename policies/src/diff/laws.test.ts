/** The laws of the difference, over pairs of hosts and over every question that could be asked of them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { days } from "../arbitrary-host.ts";
import { decide, grantOn } from "../decide.ts";
import type { Day, HostModel } from "../model.ts";
import { type TrustLevel, trustLevels } from "../trust.ts";
import { arbitraryPair, arbitraryPolicy } from "./arbitrary-pair.ts";
import { diffHosts } from "./diff-hosts.ts";
import { isSame, type PolicyDiff } from "./host-diff.ts";

const day = fc.constantFrom(...days);

/** The data with `before` and `after` exchanged, and what loosened tightening. */
function reversed(value: unknown): unknown {
  if (value === "loosens") return "tightens";
  if (value === "tightens") return "loosens";
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  const other: Readonly<Record<string, string>> = { before: "after", after: "before" };
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [other[name] ?? name, reversed(member)]));
}

const of = (hosts: readonly HostModel[]) => hosts.flatMap(({ humans }) => humans.map(({ email }) => email));

/** Every call that a policy allows on a day: key -> whether it waits for an approval. */
function allowed(host: HostModel, humans: readonly string[], on: Day): Map<string, boolean> {
  const calls = new Map<string, boolean>();
  for (const server of host.servers) {
    for (const tool of server.tools) {
      for (const human of humans) {
        for (const consent of trustLevels) {
          const answer = decide(host, { human, server: server.key, tool: tool.name, consent, on });
          if (answer.allow) calls.set([human, server.key, tool.name, consent].join(" "), answer.approval);
        }
      }
    }
  }
  return calls;
}

/** The calls of before, changed by nothing but what the difference says. */
function applied(calls: ReadonlyMap<string, boolean>, { hosts }: PolicyDiff): Map<string, boolean> {
  const result = new Map(calls);
  for (const { server, people, tools } of hosts.flatMap(({ access }) => access)) {
    for (const { tool, before, after } of tools) {
      for (const human of people.humans) {
        for (const consent of trustLevels) {
          const key = [human, server, tool, consent].join(" ");
          const reaches = (from: TrustLevel | undefined) =>
            from !== undefined && trustLevels.indexOf(consent) >= trustLevels.indexOf(from);
          if (reaches(before?.consent)) expect(result.get(key)).toBe(before?.approval);
          else expect(result.has(key)).toBe(false);
          if (after !== null && reaches(after.consent)) result.set(key, after.approval);
          else result.delete(key);
        }
      }
    }
  }
  return result;
}

test("a policy and itself differ in nothing", () => {
  fc.assert(
    fc.property(arbitraryPolicy, day, (host, on) => {
      for (const found of diffHosts([host], [structuredClone(host)], on).hosts) expect(isSame(found)).toBe(true);
    }),
  );
});

test("the difference reversed is the difference the other way round", () => {
  fc.assert(
    fc.property(arbitraryPair, day, ([a, b], on) => {
      expect(reversed(diffHosts([a], [b], on))).toEqual(diffHosts([b], [a], on));
    }),
  );
});

test("the decisions of before with what the difference says are those of after", () => {
  fc.assert(
    fc.property(arbitraryPair, day, ([a, b], on) => {
      const humans = [...new Set(of([a, b]))];
      expect(applied(allowed(a, humans, on), diffHosts([a], [b], on))).toEqual(allowed(b, humans, on));
    }),
  );
});

test("the same holds of a host that is new and of one that is gone", () => {
  fc.assert(
    fc.property(arbitraryPolicy, day, (host, on) => {
      const calls = allowed(host, of([host]), on);
      expect(applied(new Map(), diffHosts([], [host], on))).toEqual(calls);
      expect(applied(calls, diffHosts([host], [], on))).toEqual(new Map());
    }),
  );
});

test("the ceilings of before with what the difference says are those of after, on every later day", () => {
  fc.assert(
    fc.property(arbitraryPair, day, ([a, b], on) => {
      const [found] = diffHosts([a], [b], on).hosts;
      for (const later of days.filter((day) => day >= on)) {
        for (const server of new Set([a, b].flatMap((host) => host.servers.map(({ key }) => key)))) {
          for (const human of new Set(of([a, b]))) {
            const change = found?.grants.find((one) => one.server === server && one.people.humans.includes(human));
            const holds = change?.after.find(({ until }) => until === null || later <= until)?.ceiling;
            const ceiling = change === undefined ? grantOn(a, server, human, later)?.ceiling : holds;
            expect(ceiling).toBe(grantOn(b, server, human, later)?.ceiling);
          }
        }
      }
    }),
  );
});

test("a human is in one change of a server, and is named by a group or alone", () => {
  fc.assert(
    fc.property(arbitraryPair, day, ([a, b], on) => {
      for (const { access, grants } of diffHosts([a], [b], on).hosts) {
        for (const changes of [access, grants]) {
          const named = changes.flatMap(({ server, people }) => people.humans.map((human) => `${server} ${human}`));
          expect(new Set(named).size).toBe(named.length);
          for (const { people } of changes) {
            const members = [a, b].flatMap(({ humans }) =>
              humans.filter(({ groups }) => groups.some((group) => people.groups.some(({ name }) => name === group))),
            );
            const covered = members.map(({ email }) => email).filter((email) => people.humans.includes(email));
            expect(new Set([...covered, ...people.others])).toEqual(new Set(people.humans));
          }
        }
      }
    }),
  );
});
