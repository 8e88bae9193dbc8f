/** Hosts as the values that their files hold, and those files: the way back from a model to YAML, for tests. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Document, isCollection, visit } from "yaml";
import type { z } from "zod";
import { type LockFile, lockText } from "../lock.ts";
import type { GrantModel, HostModel, ServerModel, SourcePosition } from "../model.ts";
import type { grantsFileSchema } from "../schema/grants-file.ts";
import type { hostFileSchema } from "../schema/host-file.ts";
import type { serverFileSchema } from "../schema/server-file.ts";
import { trustLevels } from "../trust.ts";

/** What the files of a host hold. */
export interface HostValues {
  readonly host: z.input<typeof hostFileSchema>;
  readonly grants: z.input<typeof grantsFileSchema>;
  /** By key of the server. */
  readonly servers: Readonly<Record<string, z.input<typeof serverFileSchema>>>;
  /** By key of the server; those that were imported. */
  readonly locks: Readonly<Record<string, LockFile>>;
}

/** YAML as people write it here: an entry of a list or mapping on one line, `- { server: issues, ceiling: low }`. */
function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Map: (_, node, path) => {
      if (path.filter(isCollection).length >= 2) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** The files of a host: path within its folder -> text. */
export function hostTexts({ host, grants, servers, locks }: HostValues): ReadonlyMap<string, string> {
  return new Map([
    ["host.yaml", yamlText(host)],
    ["grants.yaml", yamlText(grants)],
    ...Object.entries(servers).map(([key, server]) => [`servers/${key}.yaml`, yamlText(server)] as const),
    ...Object.entries(locks).map(([key, lock]) => [`servers/${key}.lock.json`, lockText(lock)] as const),
  ]);
}

/** Writes the files of a host into the folder `dir`, which is made when it isn't there. */
export function writeHost(values: HostValues, dir: string): void {
  for (const [name, text] of hostTexts(values)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
}

/** Fields that may be undefined as fields that may be left out. */
type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the fields that say nothing. */
export function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}

function addressValues({ url, transport }: ServerModel & { readonly url: string }) {
  if (transport.type !== "stdio")
    return given({ url, transport: transport.type === "sse" ? transport.type : undefined });
  const { command, args, env } = transport;
  return { command, args: [...args], env: { ...env } };
}

function serverValues(server: ServerModel & { readonly url: string }): HostValues["servers"][string] {
  const {
    name,
    description,
    auth,
    timeoutSeconds,
    maxAnswerMegabytes,
    listTools,
    resources,
    prompts,
    methods,
    consentDays,
    rateLimit,
    audit,
    tools,
  } = server;
  const waits = (scope: string) => (tool: ServerModel["tools"][number]) =>
    tool.approval.some((rule) => rule.scope === scope);
  const from = trustLevels.find((level) => tools.filter(waits("server")).some(({ trust }) => trust === level));
  return given({
    name,
    description,
    ...addressValues(server),
    auth,
    timeoutSeconds,
    maxAnswerMegabytes,
    listTools,
    resources,
    prompts,
    methods,
    consentDays,
    rateLimit,
    audit: { ...audit, redact: [...audit.redact] },
    approval: from === undefined ? undefined : { from },
    tools: Object.fromEntries(
      tools.map((tool) => {
        const { trust, enabled, timeoutSeconds: within, rateLimit: ofTool, audit: said } = tool;
        const rest = { timeoutSeconds: within, rateLimit: ofTool, audit: given(said) };
        return [tool.name, given({ trust, enabled, approval: waits("tool")(tool), ...rest })];
      }),
    ),
  });
}

function lockValues({ tools }: ServerModel): LockFile | undefined {
  const known = tools.flatMap(({ name, definition }) =>
    definition === undefined ? [] : [[name, definition] as const],
  );
  return known.length === 0 ? undefined : { version: 1, tools: Object.fromEntries(known) };
}

const inFileOrder = (a: { readonly source: SourcePosition }, b: { readonly source: SourcePosition }) =>
  a.source.line - b.source.line || a.source.column - b.source.column;

function grantValues(grants: readonly GrantModel[]): NonNullable<HostValues["grants"]["grants"]> {
  const lines = new Map<string, NonNullable<HostValues["grants"]["grants"]>[number]>();
  // Of equal grants the first line holds, so their order is kept.
  for (const { human, server, ceiling, until, consentDays, group } of grants.toSorted(inFileOrder)) {
    const subject = group === undefined ? { human } : { group };
    lines.set(
      JSON.stringify([server, subject, ceiling, until, consentDays]),
      given({ server, ...subject, ceiling, until, consentDays }),
    );
  }
  return [...lines.values()];
}

/**
 * Values whose files load as `host`, but for the positions. Of a host that was loaded: one whose approval rules no
 * files could have made has none.
 */
export function hostValues(host: HostModel): HostValues {
  const {
    name,
    permit,
    signIn,
    admins,
    approvers,
    auditors,
    approval,
    dynamicServers,
    clients,
    sessions,
    rateLimits,
    audit,
  } = host;
  const groups = new Map<string, string[]>();
  for (const { email, groups: names } of host.humans) {
    for (const name of names) groups.set(name, [...(groups.get(name) ?? []), email]);
  }
  const settings = { signIn, approval, dynamicServers, clients, sessions, rateLimits, audit } as Partial<
    HostValues["host"]
  >;
  return {
    host: { name, permit, admins: [...admins], approvers: [...approvers], auditors: [...auditors], ...settings },
    grants: { groups: Object.fromEntries(groups), grants: grantValues(host.grants) },
    servers: Object.fromEntries(
      host.servers.flatMap((server) => {
        // Made of `dynamicServers`, and not of a file.
        const { url } = server;
        return url === undefined ? [] : [[server.key, serverValues({ ...server, url })]];
      }),
    ),
    locks: Object.fromEntries(
      host.servers.flatMap((server) => {
        const lock = lockValues(server);
        return lock === undefined ? [] : [[server.key, lock]];
      }),
    ),
  };
}
