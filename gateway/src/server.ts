/** The process: environment, adapters, socket, signals. */
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { createAttemptStore } from "./adapters/attempt-store.ts";
import { openDatabase } from "./adapters/database.ts";
import { DatabaseSettingsError } from "./adapters/database-connection.ts";
import { DataFolderInUseError } from "./adapters/database-lock.ts";
import { DatabaseProblem } from "./adapters/database-problem.ts";
import { withDynamicDecisions, withDynamicFacts } from "./adapters/dynamic-permit.ts";
import { createDynamicServerStore } from "./adapters/dynamic-server-store.ts";
import { createGatewayAssertions } from "./adapters/gateway-assertions.ts";
import { createGrantStore } from "./adapters/grant-store.ts";
import { KeyFileError } from "./adapters/key-file.ts";
import type { KeyWrapping } from "./adapters/key-wrapping.ts";
import { openKeyFile } from "./adapters/key-wrapping-file.ts";
import { createKmsKeyWrapping } from "./adapters/key-wrapping-kms.ts";
import { noKeyWrapping } from "./adapters/key-wrapping-none.ts";
import { createMailer } from "./adapters/mailer.ts";
import { createMergedSessionStore } from "./adapters/merged-session-store.ts";
import { createPermitClient } from "./adapters/permit-client.ts";
import { createPermitConsentFacts } from "./adapters/permit-consent-facts.ts";
import { createPermitDecisionPoint } from "./adapters/permit-decision-point.ts";
import { openPermitHostDirectory } from "./adapters/permit-host-directory.ts";
import { createReadiness } from "./adapters/readiness.ts";
import { createReceiptStore } from "./adapters/receipt-store.ts";
import { createEnvironmentSecrets } from "./adapters/secrets-environment.ts";
import { createSecretsManager } from "./adapters/secrets-manager.ts";
import { createSigningKeys } from "./adapters/signing-key-store.ts";
import { createSigningKeyAge } from "./adapters/telemetry/signing-key-age.ts";
import { openTelemetry } from "./adapters/telemetry/telemetry.ts";
import { createToolDriftStore } from "./adapters/tool-drift-store.ts";
import { createUpstreamAccounts } from "./adapters/upstream-accounts.ts";
import { createUpstreams } from "./adapters/upstreams.ts";
import { addressRules } from "./address-rules.ts";
import { buildApp } from "./app.ts";
import { policyRecord } from "./audit/log-record.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import type { HostDirectory } from "./deps/host-settings.ts";
import { createHumanDirectory } from "./human-directory.ts";
import { createToolPins } from "./mcp/tool-pins.ts";
import { upstreamCredentials } from "./mcp/upstream-credentials.ts";
import { createAuthorizationServer } from "./oauth/authorization-server.ts";
import { startMaintenance } from "./oauth/maintenance.ts";
import { openAudit } from "./open-audit.ts";
import { createShutdown } from "./shutdown.ts";
import { other } from "./telemetry/operation-labels.ts";
import { timedAudit } from "./telemetry/timed-audit.ts";

const shutdown = createShutdown();

/** What encrypts the data keys. Throws KeyFileError. */
function openKeyWrapping(dataKey: Config["dataKey"]): KeyWrapping {
  if (dataKey === undefined) return noKeyWrapping;
  return "kmsArn" in dataKey ? createKmsKeyWrapping(dataKey.kmsArn) : openKeyFile(dataKey.file);
}

/** Undefined while no policy was read. */
function keptDays(directory: HostDirectory): number | undefined {
  try {
    return directory.settings().audit.retentionDays;
  } catch {
    return undefined;
  }
}

/** Starts the gateway and returns the way to end it. */
async function start(environment: NodeJS.ProcessEnv): Promise<() => Promise<void>> {
  const config = readConfig(environment);
  const log = pino({ level: config.logLevel, base: null });
  const clock = () => new Date();
  const telemetry = await openTelemetry(config.telemetry, log);

  const database = await openDatabase(config.database);
  const permit = createPermitClient(config.permit);
  const permitDecisions = createPermitDecisionPoint(config.permit);
  const decisions = withDynamicDecisions(permitDecisions);
  const { hostKey, settingsRefreshSeconds: refreshSeconds } = config;
  const permitDirectory = await openPermitHostDirectory({ permit, hostKey, database, refreshSeconds, clock, log });
  const dynamicServers = createDynamicServerStore({ database, clock });
  const directory = createHumanDirectory(permitDirectory, dynamicServers);
  const { secretsPrefix } = config;
  const secretsManager = secretsPrefix === undefined ? undefined : createSecretsManager(secretsPrefix, clock);
  const secrets = secretsManager ?? createEnvironmentSecrets(environment);
  const upstream = createUpstreams({
    clock,
    ...{ programs: config.programs, secrets, log },
    addressRules: () => addressRules(directory.settings().dynamicServers?.privateHosts ?? []),
  });
  const signingKeys = createSigningKeys({ database, authSecret: config.authSecret, clock });
  const lifetimeSeconds = config.gatewayAuthSeconds;
  const assertions = createGatewayAssertions({ signingKeys, hostKey, lifetimeSeconds, clock });
  const { dataKey, publicUrl } = config;
  const wrapping = openKeyWrapping(dataKey);
  const {
    auditLog,
    shippers,
    close: closeAudit,
  } = await openAudit({
    ...{ config, database, clock, log },
    retentionDays: () => keptDays(permitDirectory),
  });
  const audit = timedAudit(auditLog, telemetry, () => performance.now());
  permitDirectory.onChange(async (settings) => audit.note(policyRecord({ host: hostKey, now: clock(), settings })));
  const believedMs = config.toolCheckSeconds * 1000;
  const store = createToolDriftStore({ database, clock });
  const pins = createToolPins({ store, audit, hostKey, believedMs, clock, log });
  const { accounts: upstreamAccounts, tokens: upstreamTokens } = createUpstreamAccounts({
    ...{ publicUrl, hostKey, database, wrapping, directory, secrets, upstream, pins, clock, log },
    // Servers that humans entered have no name in metrics: there may be any number of them.
    onRefresh: (server, outcome) =>
      telemetry.tokenRefreshed(permitDirectory.settings().servers.has(server) ? server : other, outcome),
    credentialsOf: (server, email) => upstreamCredentials({ server, grant: { email } }, { assertions, secrets }),
  });
  const permitFacts = createPermitConsentFacts({ permit, decisions, directory });
  const facts = withDynamicFacts(permitFacts, { database, clock });
  const grants = createGrantStore({ database, clock });
  const mailer = createMailer(config.mail, () => directory.settings().name);
  const attempts = createAttemptStore({ database, table: "gateway_sign_in_attempt", clock });
  const tokens = await createAuthorizationServer({
    ...{ dynamicServers, decisions },
    ...{ config, database, directory, facts, grants, secrets, upstreamAccounts, audit, clock, log },
    receipts: createReceiptStore({ database, clock }),
    signingKeys,
    ...{ mailer, attempts },
  });

  const app = await buildApp(config, {
    ...{ directory, tokens, grants, decisions, facts, audit, upstream, upstreamTokens, shutdown, clock, log },
    ...{ telemetry, assertions, secrets, pins },
    callCounts: createAttemptStore({ database, table: "gateway_call_count", clock }),
    mergedSessions: createMergedSessionStore({ database, clock }),
    readiness: createReadiness({ database, decisions, directory, mailer, auditLog }),
    authorization: tokens.plugin,
    webDir: fileURLToPath(new URL("../web/dist", import.meta.url)),
  });
  telemetry.observe({
    auditQueueLength: auditLog.waiting,
    auditLagSeconds: () => new Map([...shippers].map(([name, { lagSeconds }]) => [name, lagSeconds()])),
    sessions: upstream.sessions,
    signingKeyAgeSeconds: createSigningKeyAge(database, clock),
    policyReadAt: permitDirectory.readAt,
  });
  await app.listen({ host: config.listenHost, port: config.port });
  const maintenance = startMaintenance(tokens.maintain, log);
  const close = async () => {
    await app.close();
    await closeAudit();
    await maintenance.stop();
    await permitDirectory.close();
    await Promise.all([upstream.close(), permitDecisions.close()]);
    secretsManager?.close();
    mailer?.close();
    wrapping.close();
    await telemetry.close();
    await database.close();
  };
  shutdown.begun.addEventListener("abort", () => log.info(config.shutdown, "stopping"));
  shutdown.overdue.addEventListener("abort", () => log.warn("calls that still ran were ended"));
  return () => shutdown.run(config.shutdown, close);
}

const explained = [ConfigError, KeyFileError, DataFolderInUseError, DatabaseSettingsError, DatabaseProblem];

/** A failure that its message explains; anything else is printed with its stack. */
function explain(error: unknown): string {
  if (explained.some((kind) => error instanceof kind)) return (error as Error).message;
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === "EADDRINUSE") return `Port ${port} is used by another process. End it, or set PORT to a free one.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function fail(error: unknown): never {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}

let stop: (() => Promise<void>) | undefined;
// Before the start: as the first process of a container, one without a handler does not even notice the signal.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // Nothing is served yet.
    if (stop === undefined) process.exit(0);
    // A second signal is somebody who does not want to wait.
    if (shutdown.begun.aborted) process.exit(1);
    stop().then(() => process.exit(0), fail);
  });
}
// What nobody has handled is a defect, and what it has left behind is not known: the process goes. In order, because whoever
// finds a request that brings it about must not end the calls of all others with it, and the audit log's chain needs its end.
process.on("uncaughtException", (error) => {
  const message =
    "An error that nobody handled: please report it. The gateway stops, so that another one takes its place.";
  pino({ base: null }).fatal({ err: error, code: "GATEWAY_DEFECT" }, message);
  if (stop === undefined) process.exit(1);
  if (!shutdown.begun.aborted) stop().then(() => process.exit(1), fail);
});
try {
  stop = await start(process.env);
} catch (error) {
  fail(error);
}
