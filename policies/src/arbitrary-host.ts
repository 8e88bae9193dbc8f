import fc from "fast-check";
import type { ApprovalRule, GrantModel, HostModel } from "./model.ts";
import { grantsThatHold } from "./reaching-grants.ts";
import { plainGrant, plainHost, plainServer, plainTool } from "./testing/plain-model.ts";
import { trustLevels } from "./trust.ts";

const source = { file: "host.yaml", line: 1, column: 1 };
const level = fc.constantFrom(...trustLevels);
const names = (prefix: string) => fc.uniqueArray(fc.nat(5), { maxLength: 4 }).map((all) => all.map((n) => prefix + n));

/** Days around which grants of `arbitraryHost` end. */
export const days = ["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26"] as const;
const until = fc.option(fc.constantFrom(...days), { nil: undefined });

const approval: fc.Arbitrary<readonly ApprovalRule[]> = fc
  .subarray(["tool", "server", "host"] as const)
  .map((scopes) => scopes.map((scope) => ({ scope, source })));

const server = (key: string) =>
  names("tool")
    .chain((tools) =>
      fc.tuple(
        ...tools.map((name) =>
          fc
            .tuple(level, fc.boolean(), approval)
            .map(([trust, enabled, rules]) => plainTool(name, trust, { enabled, approval: rules })),
        ),
      ),
    )
    .map((tools) => plainServer(key, {}, { name: key, tools }));

const grantsFor = (key: string, human: string): fc.Arbitrary<readonly GrantModel[]> =>
  fc
    .array(fc.tuple(level, until), { maxLength: 2 })
    .map((all) => grantsThatHold(all.map(([ceiling, end]) => plainGrant(human, key, ceiling, { until: end }))));

/** Hosts of a few servers, tools, humans and grants, for tests that hold of every host. */
export const arbitraryHost: fc.Arbitrary<HostModel> = fc
  .tuple(names("server"), names("human"))
  .chain(([keys, people]) => {
    const servers = keys.toSorted();
    const humans = people.toSorted().map((name) => `${name}@example.com`);
    return fc.record({
      humans: fc.constant(humans),
      admins: fc.subarray(humans),
      servers: fc.tuple(...servers.map(server)),
      grants: fc
        .tuple(...servers.flatMap((key) => humans.map((human) => grantsFor(key, human))))
        .map((all) => all.flat()),
    });
  })
  .map(({ admins, ...parts }) => plainHost(parts, { admins }));
