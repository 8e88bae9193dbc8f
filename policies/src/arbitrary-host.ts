import fc from "fast-check";
import type { HostModel } from "./model.ts";
import { trustLevels } from "./trust.ts";

const source = { file: "host.yaml", line: 1, column: 1 };
const level = fc.constantFrom(...trustLevels);
const names = (prefix: string) => fc.uniqueArray(fc.nat(5), { maxLength: 4 }).map((all) => all.map((n) => prefix + n));

const server = (key: string) =>
  names("tool").chain((tools) =>
    fc.record({
      key: fc.constant(key),
      name: fc.constant(key),
      description: fc.constant(key),
      url: fc.constant(`https://${key}.example.com/mcp`),
      tools: fc.tuple(
        ...tools.map((name) => {
          const fixed = { name: fc.constant(name), action: fc.constant(name), source: fc.constant(source) };
          return fc.record({ ...fixed, trust: level, enabled: fc.boolean() });
        }),
      ),
      source: fc.constant(source),
    }),
  );

/** Hosts of a few servers, tools, humans and grants, for tests that hold of every host. */
export const arbitraryHost: fc.Arbitrary<HostModel> = fc
  .tuple(names("server"), names("human"))
  .chain(([keys, people]) => {
    const emails = people.map((name) => `${name}@example.com`);
    const grant = (key: string, human: string) =>
      fc.option(level).map((ceiling) => (ceiling === null ? [] : [{ human, server: key, ceiling, source }]));
    const grants = keys.flatMap((key) => emails.map((email) => grant(key, email)));
    return fc.record({
      key: fc.constant("host"),
      name: fc.constant("Host"),
      permit: fc.constant({ project: "default", environment: "host" }),
      signIn: fc.constant({ password: { enabled: true } }),
      admins: fc.subarray(emails),
      servers: fc.tuple(...keys.map(server)),
      humans: fc.constant(emails.map((email) => ({ email, groups: [] }))),
      grants: fc.tuple(...grants).map((all) => all.flat()),
    });
  });
