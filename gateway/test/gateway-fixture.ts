/**
 * The gateway's application on a real socket, with the world behind `deps/` in memory: longer than most files, because each
 * part of that world is a few lines that look at the same state.
 */
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { agentKey, effectiveTrust, reaches, type TrustLevel } from "@permit-mcp-gateway/policies";
import type { FastifyInstance } from "fastify";
import { createGatewayAssertions } from "../src/adapters/gateway-assertions.ts";
import { createEnvironmentSecrets } from "../src/adapters/secrets-environment.ts";
import { signInNeeded } from "../src/adapters/upstream-oauth-problem.ts";
import { createUpstreams, type UpstreamsOptions } from "../src/adapters/upstreams.ts";
import { buildApp } from "../src/app.ts";
import { type Config, readConfig } from "../src/config.ts";
import type { AuditSink } from "../src/deps/audit.ts";
import type {
  CallResultRecord,
  RequestRecord,
  SessionRecord,
  ToolCallRecord,
  ToolDriftRecord,
} from "../src/deps/audit-records.ts";
import type { Grant } from "../src/deps/grants.ts";
import type { HostSettings } from "../src/deps/host-settings.ts";
import type { SigningKeys } from "../src/deps/tokens.ts";
import type { UpstreamTokens } from "../src/deps/upstream-accounts.ts";
import { GatewayError } from "../src/errors.ts";
import { policyProblem } from "../src/features.ts";
import { createToolPins } from "../src/mcp/tool-pins.ts";
import { mcpPath } from "../src/oauth/resource-identifier.ts";
import { createShutdown, type ShutdownController } from "../src/shutdown.ts";
import { type HostDocuments, type ServerDocuments, settingsOf } from "../testing/host-settings.ts";
import { memoryAttempts } from "../testing/memory-attempts.ts";
import { memoryToolDrift } from "../testing/memory-tool-drift.ts";
import { memorySigningKeys } from "../testing/signing-keys.ts";
import { keepForSearch, testLog } from "../testing/test-log.ts";

/** What the tests turn to see what the gateway makes of it. */
export interface World {
  now: Date;
  readonly grants: Map<string, Grant>;
  /** E-mail -> ceiling on `issues`. */
  readonly ceilings: Map<string, TrustLevel>;
  /** Permit user of an agent -> consent on `issues`. */
  readonly consents: Map<string, TrustLevel>;
  /** Records of tool calls. */
  readonly audit: ToolCallRecord[];
  /** Records of how calls ended. */
  readonly results: CallResultRecord[];
  /** Records of sessions that were opened and ended. */
  readonly sessions: SessionRecord[];
  /** Records of requests for resources, prompts and further methods. */
  readonly requests: RequestRecord[];
  /** Records of tools that are not what was reviewed, or are again. */
  readonly drift: ToolDriftRecord[];
  /** Called by the fixture's parts just before they answer. */
  auditFails: boolean;
  /** Records are durable once it resolves. */
  auditHolds: Promise<void> | undefined;
  decisionsFail: boolean;
  factsFail: boolean;
  storeFails: boolean;
  countsFail: boolean;
  /** Variables that hold secrets of the policy. */
  readonly secrets: Record<string, string>;
  /** Decision questions asked. */
  readonly asked: string[];
}

export interface GatewayFixture {
  readonly url: string;
  readonly config: Config;
  readonly world: World;
  readonly app: FastifyInstance;
  readonly shutdown: ShutdownController;
  readonly signingKeys: SigningKeys;
  /** Puts another policy in force; without an argument the one of the start. */
  provision(change?: PolicyChange): void;
  /** Stores a consent and its fact, and returns the grant; its token is `token-{id}`. */
  connect(human: string, clientId: string, level: TrustLevel): Grant;
  close(): Promise<void>;
}

const tools = { list_issues: "low", create_issue: "medium", delete_issue: "high" } as const;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What a test says of the policy; everything else is as it is by default. */
export interface PolicyChange {
  readonly host?: NonNullable<HostDocuments["host"]>;
  /** Attributes of `issues`. */
  readonly server?: NonNullable<ServerDocuments["attributes"]>;
  /** Tools of `issues`, beside or instead of those that are there. */
  readonly tools?: ServerDocuments["tools"];
}

function hostSettings(upstreamUrl: string, { host = {}, server, tools: changed }: PolicyChange = {}): HostSettings {
  return settingsOf({
    host,
    servers: {
      issues: { attributes: { upstream_url: upstreamUrl, ...server }, tools: { ...tools, ...changed } },
      other: { attributes: { upstream_url: upstreamUrl }, tools },
    },
  });
}

/** Nobody has signed in at a server here. */
const noUpstreamTokens: UpstreamTokens = {
  accessToken: async ({ server }) => {
    throw signInNeeded("http://localhost", server);
  },
  replace: async ({ server }) => {
    throw signInNeeded("http://localhost", server);
  },
  noteScopes: async () => false,
};

const notHere = async () => {
  throw new Error("every agent here has one server");
};
const noMergedSessions = { create: notHere, find: notHere, keep: notHere, forget: notHere, end: notHere };

/** Starts the application in front of one upstream; `issues` and `other` both lead there. */
export async function startGateway(
  upstreamUrl: string,
  options: {
    readonly settings?: () => HostSettings;
    readonly notReady?: () => string | undefined;
    readonly environment?: Readonly<Record<string, string>>;
    readonly sessionLimits?: UpstreamsOptions["sessionLimits"];
    /** Instead of the lists in `world`. */
    readonly audit?: AuditSink;
  } = {},
): Promise<GatewayFixture> {
  const port = await freePort();
  const config = readConfig({
    PUBLIC_URL: `http://localhost:${port}`,
    HOST_KEY: "demo",
    PERMIT_API_KEY: "permit_key_test",
    PERMIT_PDP_URL: "http://127.0.0.1:1",
    AUTH_SECRET: "0123456789abcdef0123456789abcdef",
    PORT: String(port),
    ...options.environment,
  });
  const world: World = {
    now: new Date("2026-11-24T12:00:00Z"),
    grants: new Map(),
    ceilings: new Map(),
    consents: new Map(),
    audit: [],
    requests: [],
    results: [],
    sessions: [],
    drift: [],
    auditFails: false,
    auditHolds: undefined,
    decisionsFail: false,
    factsFail: false,
    storeFails: false,
    countsFail: false,
    secrets: {},
    asked: [],
  };
  let settings = hostSettings(upstreamUrl);
  const settingsNow = options.settings ?? (() => settings);
  const directory = { settings: settingsNow, settingsOf: async () => settingsNow(), onChange: () => undefined };
  const signingKeys = await memorySigningKeys();
  const secrets = createEnvironmentSecrets(world.secrets);
  const log = testLog();
  const clock = () => world.now;
  const { programs } = config;
  const upstream = createUpstreams({ programs, secrets, log, clock, sessionLimits: options.sessionLimits });
  const shutdown = createShutdown();

  const decide = (user: string, action: string, server: string): boolean => {
    world.asked.push(`${user} ${action} ${server}`);
    if (world.decisionsFail) throw new GatewayError("DECISION_UNAVAILABLE");
    const trust = tools[action as keyof typeof tools];
    const grant = [...world.grants.values()].find(({ clientId, email }) => agentKey(clientId, email) === user);
    const ceiling = world.ceilings.get(grant?.email ?? "");
    const consent = world.consents.get(user);
    if (trust === undefined || ceiling === undefined || consent === undefined || server !== "issues") return false;
    return reaches(effectiveTrust(ceiling, consent), trust);
  };
  const audit: AuditSink = options.audit ?? {
    write: async (record) => {
      if (world.auditFails) throw new GatewayError("AUDIT_UNAVAILABLE");
      if (record.event === "tool_call") world.audit.push(record);
      else if (record.event === "request") world.requests.push(record);
      else if (record.event === "tool_drift") world.drift.push(record);
      else throw new Error("not on the MCP path");
      keepForSearch(JSON.stringify(record));
      await world.auditHolds;
    },
    note: (record) => {
      if (record.event === "call_result") world.results.push(record);
      else if (record.event === "session_opened" || record.event === "session_ended") world.sessions.push(record);
      else throw new Error("not on the MCP path");
      keepForSearch(JSON.stringify(record));
    },
  };
  const store = memoryToolDrift(clock);
  const callCounts = memoryAttempts(clock);
  const app = await buildApp(config, {
    directory,
    tokens: {
      verifyToken: async (token, server) => {
        const grant = world.grants.get(token.replace(/^token-/, ""));
        if (grant === undefined || grant.resource !== mcpPath(server)) throw new GatewayError("TOKEN_INVALID");
        return { connectionId: grant.connectionId, userId: grant.userId, clientId: grant.clientId };
      },
    },
    grants: {
      create: async () => {
        throw new Error("not on the MCP path");
      },
      find: async (id) => {
        if (world.storeFails) throw new Error("connection refused");
        return world.grants.get(id);
      },
      ofConnection: async (id) => {
        if (world.storeFails) throw new Error("connection refused");
        return [...world.grants.values()].filter(({ connectionId }) => connectionId === id);
      },
      listActive: async () => [],
      revoke: async () => undefined,
      setLevel: async () => undefined,
      touch: async ({ id }) => {
        const grant = world.grants.get(id);
        if (grant !== undefined) world.grants.set(id, { ...grant, lastUsedAt: world.now });
      },
    },
    decisions: {
      check: async (user, action, server) => decide(user, action, server),
      checkAll: async (user, actions, server) => actions.map((action) => decide(user, action, server)),
      ready: async () => true,
    },
    facts: {
      ceilings: async (email) => {
        if (world.factsFail) throw new GatewayError("PERMIT_UNAVAILABLE");
        const ceiling = world.ceilings.get(email);
        return new Map(ceiling === undefined ? [] : [["issues", ceiling]]);
      },
      consent: async ({ clientId, email }) => world.consents.get(agentKey(clientId, email)),
      give: async () => undefined,
      withdraw: async () => undefined,
    },
    audit,
    callCounts: {
      ...callCounts,
      take: async (limit) => (world.countsFail ? Promise.reject(new Error("down")) : callCounts.take(limit)),
    },
    pins: createToolPins({ store, audit, hostKey: "demo", believedMs: config.toolCheckSeconds * 1000, clock, log }),
    upstream,
    upstreamTokens: noUpstreamTokens,
    mergedSessions: noMergedSessions,
    assertions: createGatewayAssertions({ signingKeys, hostKey: "demo", lifetimeSeconds: 300, clock: () => world.now }),
    secrets,
    shutdown,
    clock,
    readiness: {
      database: async () => options.notReady?.(),
      decisionPoint: async () => undefined,
      audit: async () => undefined,
      policy: async () => policyProblem(directory),
    },
    authorization: () => async () => undefined,
    webDir: new URL("./pages", import.meta.url).pathname,
    log,
  });
  await app.listen({ host: "127.0.0.1", port });

  let count = 0;
  return {
    url: config.publicUrl,
    config,
    world,
    app,
    shutdown,
    signingKeys,
    provision: (change) => {
      settings = hostSettings(upstreamUrl, change);
    },
    connect: (human, clientId, level) => {
      count += 1;
      const grant: Grant = {
        id: `grant-${count}`,
        connectionId: `grant-${count}`,
        userId: `user-${human}`,
        clientId,
        clientName: `Client ${clientId}`,
        email: human,
        resource: "/mcp/issues",
        server: "issues",
        level,
        createdAt: world.now,
        lastUsedAt: world.now,
        expiresAt: new Date(world.now.getTime() + 90 * 24 * 60 * 60 * 1000),
        revokedAt: null,
      };
      world.grants.set(grant.id, grant);
      world.consents.set(agentKey(clientId, human), level);
      return grant;
    },
    close: async () => {
      await app.close();
      await upstream.close();
    },
  };
}
