/** The application on a real socket, with telemetry, in front of one upstream; what else it needs says yes. */
import { createEnvironmentSecrets } from "../src/adapters/secrets-environment.ts";
import { createOpenTelemetry, type OpenTelemetry } from "../src/adapters/telemetry/open-telemetry.ts";
import { createUpstreams } from "../src/adapters/upstreams.ts";
import { type AppDeps, buildApp } from "../src/app.ts";
import { readConfig } from "../src/config.ts";
import type { AuditSink } from "../src/deps/audit.ts";
import type { AuditRecord } from "../src/deps/audit-records.ts";
import type { Grant } from "../src/deps/grants.ts";
import { GatewayError } from "../src/errors.ts";
import { createToolPins } from "../src/mcp/tool-pins.ts";
import { createShutdown } from "../src/shutdown.ts";
import { timedAudit } from "../src/telemetry/timed-audit.ts";
import { settingsOf } from "../testing/host-settings.ts";
import { memoryAttempts } from "../testing/memory-attempts.ts";
import { memoryToolDrift } from "../testing/memory-tool-drift.ts";
import { testLog } from "../testing/test-log.ts";

/** An application whose agent `token` may call everything but `delete_issue`. */
export interface TelemetryGateway {
  readonly url: string;
  readonly records: AuditRecord[];
  /** Undefined where the environment asks for none. */
  readonly telemetry: OpenTelemetry | undefined;
  close(): Promise<void>;
}

export async function startTelemetryGateway(
  upstreamUrl: string,
  environment: Readonly<Record<string, string>>,
  metrics: "fetched" | "none" = "none",
): Promise<TelemetryGateway> {
  const { PORT: port = "1" } = environment;
  const config = readConfig({
    PUBLIC_URL: `http://localhost:${port}`,
    HOST_KEY: "demo",
    PERMIT_API_KEY: "permit_key_test",
    PERMIT_PDP_URL: "http://127.0.0.1:1",
    AUTH_SECRET: "0123456789abcdef0123456789abcdef",
    ...environment,
  });
  const log = testLog();
  const listener = metrics === "fetched" ? { host: "127.0.0.1", port: 0 } : undefined;
  const settings = config.telemetry ?? {
    ...{ serviceName: "test", resource: {}, sampler: "always_off", ratio: 0, traces: undefined, metrics: undefined },
  };
  const measured = config.telemetry !== undefined || listener !== undefined;
  const telemetry = measured ? await createOpenTelemetry({ ...settings, listener } as never, log) : undefined;

  const clock = () => new Date("2026-11-24T12:00:00Z");
  const tools = { list_issues: "low", create_issue: "low", delete_issue: "low" } as const;
  const host = settingsOf({ servers: { issues: { attributes: { upstream_url: upstreamUrl }, tools } } });
  const directory = { settings: () => host, settingsOf: async () => host, onChange: () => undefined };
  const grant: Grant = {
    ...{ id: "grant", connectionId: "connection", userId: "user", clientId: "client", clientName: "Client" },
    ...{ email: "alice@example.com", resource: "/mcp/issues", server: "issues", level: "high", revokedAt: null },
    ...{ createdAt: clock(), lastUsedAt: clock(), expiresAt: new Date("2027-01-01T00:00:00Z") },
  };
  const records: AuditRecord[] = [];
  const sink: AuditSink = {
    write: async (record) => void records.push(record),
    note: (record) => void records.push(record),
  };
  const audit = telemetry === undefined ? sink : timedAudit(sink, telemetry, () => performance.now());
  const secrets = createEnvironmentSecrets({});
  const upstream = createUpstreams({ programs: [], secrets, log, clock });
  const notHere = async (): Promise<never> => {
    throw new Error("not on this path");
  };
  const deps = {
    ...{ directory, audit, upstream, secrets, clock, log, shutdown: createShutdown() },
    ...(telemetry === undefined ? {} : { telemetry }),
    tokens: {
      verifyToken: async (token: string) => {
        if (token !== "token") throw new GatewayError("TOKEN_INVALID");
        return { connectionId: "connection", userId: "user", clientId: "client" };
      },
    },
    grants: { ofConnection: async () => [grant], touch: async () => undefined },
    decisions: {
      check: async (_user: string, action: string) => action !== "delete_issue",
      checkAll: async (_user: string, actions: readonly string[]) => actions.map(() => true),
    },
    facts: {
      ceilings: async () => new Map([["issues", "high"]]),
      consent: async () => "high",
    },
    callCounts: memoryAttempts(clock),
    pins: createToolPins({ store: memoryToolDrift(clock), audit, hostKey: "demo", believedMs: 1_000, clock, log }),
    upstreamTokens: { accessToken: notHere, replace: notHere, noteScopes: notHere },
    mergedSessions: { create: notHere, find: notHere, keep: notHere, forget: notHere, end: notHere },
    assertions: { assert: async () => "assertion" },
    readiness: {
      database: async () => undefined,
      decisionPoint: async () => undefined,
      audit: async () => undefined,
      policy: async () => undefined,
    },
    authorization: () => async () => undefined,
    webDir: new URL("./pages", import.meta.url).pathname,
  };
  const app = await buildApp(config, deps as unknown as AppDeps);
  await app.listen({ host: "127.0.0.1", port: Number(port) });
  return {
    url: config.publicUrl,
    records,
    telemetry,
    close: async () => {
      await app.close();
      await upstream.close();
      await telemetry?.close();
    },
  };
}
