import fc from "fast-check";
import { toolDigest } from "../lock.ts";
import { dynamicServersKey } from "../permit-keys.ts";
import { trustLevels } from "../trust.ts";
import { given, type HostValues } from "./host-values.ts";

const level = fc.constantFrom(...trustLevels);
const people = ["ann", "ben", "cem", "dua", "eve"].map((name) => `${name}@example.com`);
const groupNames = ["staff", "contractors", "constructor"] as const;
const serverKeys = ["issues", "wiki"] as const;
const human = fc.constantFrom(...people, "Ann@Example.com");
/** Days on which grants of `arbitraryValues` end; the tests' day is the second. */
export const ends = ["2026-11-23", "2026-11-24", "2026-11-26"] as const;

const optional = <T>(field: fc.Arbitrary<T>) => fc.option(field, { nil: undefined });
const withoutUndefined = <T extends object>(fields: fc.Arbitrary<T>) => fields.map(given);

// Words that YAML readers could take for something else than text.
const toolName = fc.constantFrom("get", "no", "1e3", "null", "delete-it", "a: b", "- x", "überprüfen", "#t", "'q'");
const text = fc.constantFrom("Plain", "yes", "0x10", "A: b # c", '"quoted"', "{ a }", "*x", "日本");

const rateLimit = optional(fc.record({ max: fc.integer({ min: 1, max: 9 }), windowSeconds: fc.constantFrom(1, 60) }));

const redact = optional(fc.subarray(["$.password", "$..token", "$['a b'][?@.kind == 'x: y']"]));
const recorded = optional(fc.constantFrom("none" as const, "digest" as const, "full" as const));
const audit = optional(withoutUndefined(fc.record({ arguments: recorded, redact })));

const timeoutSeconds = optional(fc.integer({ min: 1, max: 3600 }));

const tools = fc.dictionary(
  toolName,
  withoutUndefined(
    fc.record({
      trust: level,
      enabled: optional(fc.boolean()),
      approval: optional(fc.boolean()),
      timeoutSeconds,
      rateLimit,
      audit,
    }),
  ),
  { maxKeys: 5 },
);

const server = withoutUndefined(
  fc.record({
    name: text,
    description: text,
    address: fc.oneof(
      fc.constantFrom(
        { url: "https://a.example.com/mcp" },
        { url: "http://localhost:1/?a=b&c", transport: "sse" as const },
        { command: "/usr/bin/wiki", args: ["--root", ""], env: { TOKEN: { secret: "a/b" }, MODE: "a: b" } },
      ),
    ),
    auth: optional(
      fc.constantFrom(
        { type: "none" as const },
        { type: "oauth" as const, scopes: ["read"] },
        { type: "header" as const, header: "X-Api-Key", value: { secret: "a/b" } },
      ),
    ),
    timeoutSeconds,
    maxAnswerMegabytes: optional(fc.integer({ min: 1, max: 1024 })),
    listTools: optional(fc.constantFrom("effective" as const, "all" as const)),
    resources: optional(fc.constantFrom("low" as const, "high" as const, "off" as const)),
    prompts: optional(fc.constantFrom("medium" as const, "off" as const)),
    methods: optional(fc.dictionary(fc.constantFrom("skills/list", "skills/get"), level)),
    consentDays: optional(fc.integer({ min: 1, max: 90 })),
    rateLimit,
    audit,
    approval: optional(level.map((from) => ({ from }))),
    tools,
  }),
).map(({ address, auth, ...rest }) => ({ ...rest, ...address, ...("url" in address ? given({ auth }) : {}) }));

const grant = withoutUndefined(
  fc.record({
    server: fc.constantFrom(...serverKeys, dynamicServersKey),
    subject: fc.oneof(
      human.map((email) => ({ human: email })),
      fc.constantFrom(...groupNames).map((group) => ({ group })),
    ),
    ceiling: level,
    until: optional(fc.constantFrom(...ends)),
    consentDays: optional(fc.integer({ min: 1, max: 90 })),
  }),
).map(({ subject, ...rest }) => ({ ...rest, ...subject }));

const subjectOf = (one: { server: string; human?: string; group?: string }) =>
  JSON.stringify([one.server, one.group, one.human?.toLowerCase()]);

const host = withoutUndefined(
  fc.record({
    name: text,
    permit: fc.constant({ project: "default", environment: "values" }),
    admins: fc.array(human, { maxLength: 2 }),
    approvers: optional(fc.array(fc.constantFrom(...people, ...groupNames), { maxLength: 2 })),
    approval: optional(
      withoutUndefined(
        fc.record({
          from: optional(level),
          bypass: optional(fc.subarray([{ client: "ci" }, { client: "desk", human: "ann@example.com" }])),
        }),
      ),
    ),
    listTools: optional(fc.constantFrom("effective" as const, "all" as const)),
    audit: optional(
      withoutUndefined(
        fc.record({
          retentionDays: optional(fc.constantFrom(1, 3653)),
          arguments: recorded,
          redact,
          lowCalls: optional(fc.constantFrom("before-answer" as const, "before-call" as const)),
        }),
      ),
    ),
    // On, because grants name it.
    dynamicServers: fc
      .subarray(["10.0.0.0/8", "tools.internal"])
      .map((privateHosts) => ({ enabled: true, maxPerHuman: 3, privateHosts })),
  }),
);

/** The definition that a lock has of each tool. */
const lockOf = (names: readonly string[]) => ({
  version: 1 as const,
  tools: Object.fromEntries(
    names.map((name) => {
      const definition = { description: `What ${name} does.`, inputSchema: { type: "object" } };
      return [name, { ...definition, digest: toolDigest(name, definition) }];
    }),
  ),
});

/** Files without findings: groups that overlap, several grants for one human, some of which have ended. */
export const arbitraryValues: fc.Arbitrary<HostValues> = fc
  .record({
    host,
    groups: fc.tuple(...groupNames.map(() => fc.array(human, { maxLength: 3 }))),
    grants: fc.uniqueArray(grant, { selector: subjectOf, maxLength: 8 }),
    servers: fc.tuple(...serverKeys.map(() => server)),
    locked: fc.subarray([...serverKeys]),
  })
  .map(({ host: settings, groups, grants, servers, locked }) => {
    const files = Object.fromEntries(
      serverKeys.map((key, index) => [key, servers[index] ?? { ...servers[0], tools: {} }]),
    );
    return {
      host: settings,
      grants: { groups: Object.fromEntries(groupNames.map((name, index) => [name, groups[index] ?? []])), grants },
      servers: files as HostValues["servers"],
      locks: Object.fromEntries(locked.map((key) => [key, lockOf(Object.keys(files[key]?.tools ?? {}))])),
    };
  });
