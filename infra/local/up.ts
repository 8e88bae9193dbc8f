/**
 * The other place a host can run: this machine. Starts local Permit and the demo's upstream MCP servers, provisions
 * the host through the same handlers that Pulumi uses, and starts the gateway with the environment ECS would give it.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { dayOf, type HostModel, plan } from "@permit-mcp-gateway/policies";
import { loadHost, printDiagnostic } from "@permit-mcp-gateway/policies/load";
import { gatewayEnvironment } from "../gateway-environment.ts";
import { applyPlan, connectOrganization, readEnvironmentKey } from "../permit/index.ts";
import { buildPages } from "./pages.ts";
import { checkPortsFree, type LocalPorts } from "./ports.ts";
import { readOrCreateSecrets } from "./secrets.ts";
import { Service } from "./service.ts";
import { everythingService, gatewayService, issuesService, type LocalFolders, permitService } from "./services.ts";

/** How to start a local host. */
export interface LocalHostOptions {
  /** Folder of one host, for example `policies/hosts/demo`. */
  readonly policyDir: string;
  /** Folder for everything that outlives a start: databases, secrets, logs. */
  readonly dataDir: string;
  readonly ports: LocalPorts;
  /** PostgreSQL for the gateway instead of the embedded database. */
  readonly databaseUrl?: string;
  /** Program and arguments that run the gateway, instead of its sources. */
  readonly gatewayCommand?: readonly string[];
  /** Builds the gateway's pages first, when they are not fresh. */
  readonly buildPages?: boolean;
  /** One line of progress. */
  readonly onProgress?: (line: string) => void;
  /** Each line the gateway writes on standard output: application log and audit records. */
  readonly onGatewayLine?: (line: string) => void;
}

/** A policy folder with findings. The message lists them all. */
export class PolicyRefusedError extends Error {}

/** A running local host. */
export interface LocalHost {
  readonly model: HostModel;
  /** Origin, for example `http://localhost:8080`. */
  readonly gatewayUrl: string;
  /** Environment-level key of local Permit: what a check through the SDK needs. */
  readonly permitKey: string;
  /** Where the issue tracker lists the calls that reached it. */
  readonly issuesCallsUrl: string;
  readonly folders: LocalFolders;
  /** E-mail -> password. */
  readonly accounts: Readonly<Record<string, string>>;
  /** Reads the policy folder again and provisions what changed. Returns the Permit writes made, as `METHOD path`. */
  provision(): Promise<readonly string[]>;
  /** Ends the gateway as a crash would (SIGKILL) and starts it again. */
  crashGateway(): Promise<void>;
  /** Starts a further replica of the gateway, at a port of its own, with these variables beside those of the first. */
  startReplica(port: number, environment: Readonly<Record<string, string>>): Promise<Service>;
  /** Resolves with the name of a service that ended by itself. */
  readonly crashed: Promise<string>;
  /** Ends everything, gateway first, and resolves with the exit codes by service name. Safe to call twice. */
  stop(): Promise<ReadonlyMap<string, number | null>>;
}

/** Loads a policy folder, its demo upstreams moved to `ports`. Throws PolicyRefusedError. */
function loadModel(policyDir: string, ports: LocalPorts): HostModel {
  const result = loadHost(policyDir);
  if (!result.ok) throw new PolicyRefusedError(result.diagnostics.map(printDiagnostic).join("\n"));
  const moved: Record<string, string> = {
    issues: `http://127.0.0.1:${ports.issues}/mcp`,
    everything: `http://127.0.0.1:${ports.everything}/mcp`,
  };
  return {
    ...result.host,
    servers: result.host.servers.map((server) => ({ ...server, url: moved[server.key] ?? server.url })),
  };
}

/** The programs that the policy names: whoever starts a host here has its files, and may run them. */
function programsOf({ servers }: HostModel) {
  return servers.flatMap(({ transport }) => {
    if (transport.type !== "stdio") return [];
    return [{ command: transport.command, args: transport.args, env: Object.keys(transport.env) }];
  });
}

/**
 * Starts a local host and resolves when its gateway is ready. Throws PortBusyError, PolicyRefusedError or ServiceError;
 * whatever had been started is ended first.
 */
export async function startLocalHost(options: LocalHostOptions): Promise<LocalHost> {
  const { ports } = options;
  const progress = options.onProgress ?? (() => undefined);
  const folders: LocalFolders = { data: resolve(options.dataDir), logs: resolve(options.dataDir, "logs") };
  const model = loadModel(options.policyDir, ports);
  await checkPortsFree(ports);
  mkdirSync(folders.logs, { recursive: true, mode: 0o700 });
  const emails = model.humans.map((human) => human.email);
  const secrets = readOrCreateSecrets(folders.data, emails);

  if (options.buildPages === true) buildPages(progress);

  const running: Service[] = [];
  const start = async (spec: ConstructorParameters<typeof Service>[0]) => {
    const service = new Service(spec);
    running.unshift(service);
    await service.ready();
    return service;
  };
  const stop = async () => {
    const exitCodes = new Map<string, number | null>();
    for (const service of running) exitCodes.set(service.name, await service.stop());
    return exitCodes;
  };

  try {
    progress("Starting local Permit and two MCP servers ...");
    // All settled before a failure is passed on, so that `stop` knows every service.
    const started = await Promise.allSettled([
      start(permitService(ports, folders, secrets.permitOrganizationKey)),
      start(issuesService(ports, folders)),
      start(everythingService(ports, folders)),
    ]);
    for (const outcome of started) if (outcome.status === "rejected") throw outcome.reason;

    const permitUrl = `http://127.0.0.1:${ports.permit}`;
    const writes: string[] = [];
    const organization = connectOrganization({
      apiUrl: permitUrl,
      pdpUrl: permitUrl,
      apiKey: secrets.permitOrganizationKey,
      onRequest: (method, path) => {
        if (method !== "GET") writes.push(`${method} ${path}`);
      },
    });
    progress(`Provisioning host "${model.key}" ...`);
    await applyPlan(organization, plan(model, dayOf(new Date())));
    const permitKey = await readEnvironmentKey(organization, model.permit);
    progress(writes.length === 0 ? "  nothing changed" : `  ${writes.length} changes in Permit`);

    const gatewayUrl = `http://localhost:${ports.gateway}`;
    const keyFile = (name: string) => join(folders.data, "gateway", name);
    const environment = gatewayEnvironment({
      listenHost: "127.0.0.1",
      port: ports.gateway,
      publicUrl: gatewayUrl,
      hostKey: model.key,
      permitApiUrl: permitUrl,
      permitPdpUrl: permitUrl,
      permitApiKey: permitKey,
      database:
        options.databaseUrl === undefined ? { dataDir: join(folders.data, "gateway") } : { url: options.databaseUrl },
      // With another process than ours as gateway, another user may run it, who can't read a file of ours.
      ...(options.databaseUrl === undefined || options.gatewayCommand !== undefined
        ? {}
        : { dataKeyFile: keyFile("data.key"), auditKeyFile: keyFile("audit.key") }),
      authSecret: secrets.authSecret,
      initialAccounts: Object.entries(secrets.passwords).map(([email, password]) => ({ email, password })),
      settingsRefreshSeconds: 1,
      programs: programsOf(model),
      mail: { url: "terminal:" },
    });
    const gatewaySpec = gatewayService(
      ports,
      folders,
      { ...environment.plain, ...environment.secrets },
      options.onGatewayLine,
      options.gatewayCommand,
    );
    progress("Starting the gateway ...");
    let gateway = await start(gatewaySpec);

    return {
      model,
      gatewayUrl,
      permitKey,
      issuesCallsUrl: `http://127.0.0.1:${ports.issues}/calls`,
      folders,
      accounts: secrets.passwords,
      provision: async () => {
        writes.length = 0;
        await applyPlan(organization, plan(loadModel(options.policyDir, ports), dayOf(new Date())));
        return [...writes];
      },
      crashGateway: async () => {
        await gateway.kill();
        running.splice(running.indexOf(gateway), 1);
        gateway = await start(gatewaySpec);
      },
      startReplica: (port, environment) => {
        const spec = gatewayService({ ...ports, gateway: port }, folders, {
          ...{ ...gatewaySpec.env, ...environment },
          PORT: String(port),
        });
        return start({ ...spec, name: `gateway-${port}` });
      },
      crashed: Promise.race(running.map((service) => service.crashed())),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
