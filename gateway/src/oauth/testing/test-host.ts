/**
 * The authorization server and the application around it on a real socket and database, with Permit and mail in memory.
 * Longer than most files, because each part of that is a few lines that look at the same state.
 */
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { keepForSearch, testLog } from "../../../testing/test-log.ts";
import type { GuardHooks } from "../../adapters/address-guard.ts";
import { createAttemptStore } from "../../adapters/attempt-store.ts";
import type { Database } from "../../adapters/database.ts";
import { withDynamicDecisions, withDynamicFacts } from "../../adapters/dynamic-permit.ts";
import { createDynamicServerStore } from "../../adapters/dynamic-server-store.ts";
import { createGatewayAssertions } from "../../adapters/gateway-assertions.ts";
import { createGrantStore } from "../../adapters/grant-store.ts";
import { openKeyFile } from "../../adapters/key-wrapping-file.ts";
import { createMailer } from "../../adapters/mailer.ts";
import { createMergedSessionStore } from "../../adapters/merged-session-store.ts";
import { createReceiptStore } from "../../adapters/receipt-store.ts";
import { createEnvironmentSecrets } from "../../adapters/secrets-environment.ts";
import { createSigningKeys } from "../../adapters/signing-key-store.ts";
import { createToolDriftStore } from "../../adapters/tool-drift-store.ts";
import { createUpstreamAccounts } from "../../adapters/upstream-accounts.ts";
import { buildApp } from "../../app.ts";
import { type Config, readConfig } from "../../config.ts";
import type { AuditSink } from "../../deps/audit.ts";
import type { AuditRecord } from "../../deps/audit-records.ts";
import type { GrantStore } from "../../deps/grants.ts";
import type { DecisionPoint } from "../../deps/permit.ts";
import type { Upstream } from "../../deps/upstream.ts";
import { GatewayError } from "../../errors.ts";
import { policyProblem } from "../../features.ts";
import { createHumanDirectory } from "../../human-directory.ts";
import { createToolPins } from "../../mcp/tool-pins.ts";
import { upstreamCredentials } from "../../mcp/upstream-credentials.ts";
import { createShutdown } from "../../shutdown.ts";
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  createAuthorizationServer,
} from "../authorization-server.ts";
import { StubDirectory, StubFacts, stubServer } from "./stub-host.ts";
import { TestClient, type Tokens, tokensOf } from "./test-client.ts";
import { TestHuman } from "./test-human.ts";

const password = "correct horse battery";
const emails = ["lead@example.com", "developer@example.com", "contractor@example.com"] as const;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** What a test has otherwise than the host has it by itself: without more no call gets past the decision point. */
export type TestHostOptions = Partial<AuthorizationServerOptions> & {
  readonly environment?: Readonly<Record<string, string>>;
  readonly decisions?: DecisionPoint;
  readonly upstream?: Upstream;
  /** Where names and connections of humans' own servers lead. */
  readonly hooks?: GuardHooks;
  /** Folder of the built pages. */
  readonly webDir?: string;
};

/** The whole application on a real socket, with the host and Permit in memory. */
export class TestHost {
  readonly app: FastifyInstance;
  readonly config: Config;
  readonly database: Database;
  readonly directory: StubDirectory;
  readonly facts: StubFacts;
  readonly grants: GrantStore;
  readonly server: AuthorizationServer;
  readonly audit: AuditRecord[];
  /** What is on record without anybody waiting for it: what has become of accounts and sessions. */
  readonly noted: AuditRecord[];
  /** What the MCP path recorded. */
  readonly calls: AuditRecord[];
  /** Whether the audit log takes nothing. */
  readonly auditState: { fails: boolean };
  /** Added to the clock of our own code, in milliseconds. The library reads the machine's. */
  readonly time: { aheadMs: number };

  private constructor(parts: Omit<TestHost, "human" | "connect" | "count" | "close" | "publicUrl">) {
    this.app = parts.app;
    this.config = parts.config;
    this.database = parts.database;
    this.directory = parts.directory;
    this.facts = parts.facts;
    this.grants = parts.grants;
    this.server = parts.server;
    this.audit = parts.audit;
    this.noted = parts.noted;
    this.calls = parts.calls;
    this.auditState = parts.auditState;
    this.time = parts.time;
  }

  /** With `replicaOf` it is a second process of that host: the same origin, but it does not listen. */
  static async start(
    database: Database,
    {
      environment,
      decisions: given = { check: async () => false, checkAll: async () => [], ready: async () => true },
      upstream = {
        send: async () => {
          throw new GatewayError("UPSTREAM_UNAVAILABLE");
        },
      },
      webDir,
      hooks = {},
      ...changes
    }: TestHostOptions = {},
    replicaOf?: TestHost,
  ): Promise<TestHost> {
    const port = await freePort();
    const config = readConfig({
      PUBLIC_URL: replicaOf?.publicUrl ?? `http://localhost:${port}`,
      HOST_KEY: "demo",
      PERMIT_API_KEY: "unused",
      PERMIT_PDP_URL: "http://localhost:1",
      AUTH_SECRET: "a secret for tests that is long enough",
      DATA_KEY_FILE: join(mkdtempSync(join(tmpdir(), "test-host-")), "data.key"),
      INITIAL_ACCOUNTS: JSON.stringify(emails.map((email) => ({ email, password }))),
      ...environment,
    });
    const stubDirectory = new StubDirectory({
      host: { name: "Demo host" },
      servers: {
        issues: stubServer("issues", { list_issues: "low", create_issue: "medium", delete_issue: "high" }),
        wiki: stubServer("wiki", { read_page: "low" }),
      },
    });
    const stubFacts = new StubFacts();
    stubFacts.ceilingsOf["lead@example.com"] = { issues: "high", wiki: "high" };
    stubFacts.ceilingsOf["developer@example.com"] = { issues: "medium" };
    const time = { aheadMs: 0 };
    const clock = () => new Date(Date.now() + time.aheadMs);
    const dynamicServers = createDynamicServerStore({ database, clock });
    const directory = createHumanDirectory(stubDirectory, dynamicServers);
    const decisions = withDynamicDecisions(given);
    const facts = withDynamicFacts(stubFacts, { database, clock });
    const grants = createGrantStore({ database, clock });
    const audit: AuditRecord[] = [];
    const noted: AuditRecord[] = [];
    const calls: AuditRecord[] = [];
    const auditState = { fails: false };
    const sink: AuditSink = {
      write: async (record) => {
        if (auditState.fails) throw new GatewayError("AUDIT_UNAVAILABLE");
        audit.push(record);
        keepForSearch(JSON.stringify(record));
      },
      note: (record) => {
        noted.push(record);
        keepForSearch(JSON.stringify(record));
      },
    };
    const log = testLog();
    const secrets = createEnvironmentSecrets(environment ?? {});
    const { publicUrl, hostKey } = config;
    const signingKeys = createSigningKeys({ database, authSecret: config.authSecret, clock });
    const assertions = createGatewayAssertions({ signingKeys, hostKey, lifetimeSeconds: 300, clock });
    const store = createToolDriftStore({ database, clock });
    const pins = createToolPins({ store, audit: sink, hostKey, believedMs: 300_000, clock, log });
    const { accounts: upstreamAccounts, tokens: upstreamTokens } = createUpstreamAccounts({
      ...{ publicUrl, hostKey, database, directory, secrets, upstream, hooks, pins, clock, log },
      wrapping: openKeyFile((config.dataKey as { readonly file: string }).file),
      credentialsOf: (server, email) => upstreamCredentials({ server, grant: { email } }, { assertions, secrets }),
    });
    const server = await createAuthorizationServer({
      config,
      database,
      ...{ directory, dynamicServers, decisions },
      facts,
      grants,
      secrets,
      upstreamAccounts,
      receipts: createReceiptStore({ database, clock }),
      signingKeys,
      audit: sink,
      mailer: createMailer(config.mail, () => directory.settings().name),
      attempts: createAttemptStore({ database, table: "gateway_sign_in_attempt", clock }),
      clock,
      log,
      ...changes,
    });
    const app = await buildApp(config, {
      ...{ directory, facts, grants, clock, log },
      tokens: server,
      authorization: server.plugin,
      shutdown: createShutdown(),
      ...{ decisions, upstream, upstreamTokens, assertions, secrets, pins },
      callCounts: createAttemptStore({ database, table: "gateway_call_count", clock }),
      mergedSessions: createMergedSessionStore({ database, clock }),
      audit: {
        write: async (record) => {
          calls.push(record);
          keepForSearch(JSON.stringify(record));
        },
        note: (record) => keepForSearch(JSON.stringify(record)),
      },
      readiness: {
        database: async () => undefined,
        decisionPoint: async () => undefined,
        audit: async () => undefined,
        policy: async () => policyProblem(directory),
      },
      webDir: webDir ?? import.meta.dirname,
    });
    if (replicaOf === undefined) await app.listen({ port, host: "localhost" });
    const stubs = { directory: stubDirectory, facts: stubFacts };
    return new TestHost({ app, config, database, ...stubs, grants, server, audit, noted, calls, auditState, time });
  }

  get publicUrl(): string {
    return this.config.publicUrl;
  }

  human(name: "lead" | "developer" | "contractor"): TestHuman {
    return new TestHuman(this.publicUrl, `${name}@example.com`, password);
  }

  /** A registered client, or a further install of it, through the whole flow. */
  async connect(
    human: TestHuman,
    level: "low" | "medium" | "high",
    { clientId, server = "issues" }: { readonly clientId?: string; readonly server?: string } = {},
  ): Promise<{ readonly client: TestClient; readonly tokens: Tokens }> {
    const client = new TestClient(this.publicUrl);
    if (clientId === undefined) await client.register();
    else client.clientId = clientId;
    const callback = await human.authorize(client.authorizationUrl(server), server, level);
    return { client, tokens: tokensOf(await client.exchange(callback)) };
  }

  /** Rows of a table, ours or the library's. */
  async count(table: string): Promise<number> {
    const { count } = this.database.kysely.fn;
    const row = await this.database.kysely
      .selectFrom(table as "gateway_grant")
      .select(count<string>("id").as("rows"))
      .executeTakeFirstOrThrow();
    return Number(row.rows);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.database.close();
  }
}
