/** Two policies of one host, for tests that hold of every two. */
import fc from "fast-check";
import { arbitraryHost } from "../arbitrary-host.ts";
import { toolDigest } from "../lock.ts";
import type { HostModel, ServerModel, ToolModel } from "../model.ts";
import { grantsThatHold } from "../reaching-grants.ts";
import { argumentLevels } from "../schema/audit.ts";
import { hostFileSchema } from "../schema/host-file.ts";
import { trustLevels } from "../trust.ts";

const domains = fc.option(fc.subarray(["a.example", "b.example"]), { nil: undefined });
const method = fc.option(fc.record({ enabled: fc.boolean(), domains }), { nil: undefined });
const paths = fc.subarray(["$.password", "$..token"]);
const callAudit = fc.record({ arguments: fc.constantFrom(undefined, ...argumentLevels), redact: paths });
const people = fc.subarray(["human0@example.com", "human1@example.com", "human2@example.com"]);

const settings = fc
  .record({
    admins: people,
    approvers: people,
    signIn: fc.record(
      {
        domains,
        password: fc.record({ enabled: fc.boolean(), domains }),
        otp: method,
        oidc: fc.record({
          enabled: fc.boolean(),
          issuer: fc.constantFrom("https://a.example", "https://b.example"),
          forceRedirectDomains: fc.subarray(["a.example"]),
        }),
      },
      { requiredKeys: ["password"] },
    ),
    approval: fc.record({
      from: fc.option(fc.constantFrom(...trustLevels), { nil: undefined }),
      selfApproval: fc.boolean(),
      bypass: fc.subarray([{ client: "a" }, { client: "b", human: "human0@example.com" }]),
    }),
    sessions: fc.record({ idleDays: fc.constantFrom(1, 30), absoluteDays: fc.constantFrom(30, 90) }),
    audit: fc.record({
      retentionDays: fc.constantFrom(30, 365),
      arguments: fc.constantFrom(...argumentLevels),
      redact: paths,
      lowCalls: fc.constantFrom("before-answer", "before-call"),
    }),
    dynamicServers: fc.record({ enabled: fc.boolean() }),
    clients: fc.record({
      registration: fc.boolean(),
      metadataDocuments: fc.boolean(),
      listed: fc.subarray([
        { id: "https://client.example.com/client.json" },
        { id: "editor", name: "Editor", redirectUris: ["http://127.0.0.1/callback"] },
        { id: "portal", name: "Portal", redirectUris: ["https://portal.example.com/cb"], secret: { secret: "portal" } },
      ]),
    }),
  })
  .map((given) => {
    const { listTools: _, ...all } = hostFileSchema.parse({
      name: "Demo",
      permit: { project: "default", environment: "demo" },
      ...given,
    });
    return all;
  });

const definition = fc.constantFrom("reads", "deletes", undefined).map((description) => {
  const said = { description, inputSchema: { type: "object" } };
  return description === undefined ? undefined : { ...said, digest: toolDigest("tool", said) };
});

const each = <T>(items: readonly T[], change: (item: T) => fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.tuple(...items.map(change));

const serverWith = (server: ServerModel) =>
  fc
    .tuple(
      fc.constantFrom("https://a.example/mcp", "https://b.example/mcp"),
      fc.option(fc.constantFrom(1, 30), { nil: undefined }),
      callAudit,
      each(server.tools, (tool) => definition.map((said) => ({ ...tool, definition: said }))),
    )
    .map(([url, consentDays, audit, tools]) => ({ ...server, url, consentDays, audit, tools }));

/** Hosts that differ in all that the diff tells apart. */
export const arbitraryPolicy: fc.Arbitrary<HostModel> = fc.tuple(arbitraryHost, settings).chain(([host, said]) =>
  fc
    .tuple(
      each(host.servers, serverWith),
      each(host.humans, (human) => fc.subarray(["ops", "sales"]).map((groups) => ({ ...human, groups }))),
    )
    .map(([servers, humans]) => ({ ...host, ...said, servers, humans })),
);

const someOf = <T>(items: readonly T[]) => fc.subarray([...items], { minLength: Math.max(0, items.length - 1) });

/** The same host after a few edits: most of it stays. */
const edited = (host: HostModel): fc.Arbitrary<HostModel> => {
  const editedTool = (tool: ToolModel) =>
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(tool) },
      fc.constant({ ...tool, enabled: !tool.enabled }),
      fc.constant({ ...tool, approval: [] }),
      fc.constant({ ...tool, timeoutSeconds: 5 }),
      fc.constant({ ...tool, rateLimit: { max: 1, windowSeconds: 60 } }),
      callAudit.map((audit) => ({ ...tool, audit })),
      fc.constantFrom(...trustLevels).map((trust) => ({ ...tool, trust })),
    );
  return fc
    .tuple(someOf(host.servers), someOf(host.grants))
    .chain(([servers, grants]) =>
      fc.tuple(
        each(servers, (server) => each(server.tools, editedTool).map((tools) => ({ ...server, tools }))),
        each(grants, (grant) =>
          fc.constantFrom(...trustLevels, grant.ceiling, grant.ceiling).map((ceiling) => ({ ...grant, ceiling })),
        ),
      ),
    )
    .map(([servers, grants]) => {
      const kept = grants.filter(({ server }) => servers.some(({ key }) => key === server));
      const pairs = Map.groupBy(kept, ({ server, human }) => `${server} ${human}`);
      return { ...host, servers, grants: [...pairs.values()].flatMap(grantsThatHold) };
    });
};

/** A host before and after: two that have little in common, or one and what a few edits made of it. */
export const arbitraryPair: fc.Arbitrary<readonly [HostModel, HostModel]> = fc.oneof(
  fc.tuple(arbitraryPolicy, arbitraryPolicy),
  arbitraryPolicy.chain((host) => fc.tuple(fc.constant(host), edited(host))),
);
