/** What is measured: the upstream itself, and what stands in front of it. Each in a process of its own. */
import { join } from "node:path";
import { auth } from "@modelcontextprotocol/client";
import { type HostValues, writeHost } from "@permit-mcp-gateway/policies/testing/host-values";
import { observeArguments } from "../../bench/observed.ts";
import { processTree } from "../../testing/process-tree.ts";
import { Agent } from "../agents/agent.ts";
import { Human } from "../agents/human.ts";
import { sdkV2 } from "../agents/sdk-v2.ts";
import { freePort, freePorts } from "../ports.ts";
import { Service } from "../service.ts";
import { repository } from "../services.ts";
import { startLocalHost } from "../up.ts";
import { toolCount, toolName } from "./messages.ts";
import { findNginx, writeNginxConfig } from "./nginx.ts";

/** One address that answers as the upstream does. */
export interface Subject {
  readonly name: string;
  /** The MCP address. */
  readonly url: string;
  /** The processes that stand in front of the upstream, for their processor time and memory. */
  readonly pids: () => readonly number[];
  /** Access tokens that are good there for some minutes from now, one for each agent. */
  tokens(): Promise<readonly string[]>;
  stop(): Promise<unknown>;
}

/** The gateway as a subject, with what it needs. */
export interface GatewaySubject extends Subject {
  /** Where the gateway's process can be asked (`observed`). */
  readonly socket: string;
  readonly permitPid: number;
}

const server = "bench";
/** As long as one of the gateway. */
const noToken = async () => ["0".repeat(600)];
/** Half the life of an access token. */
const refreshMs = 300_000;

function program(folder: string, file: string, port: number, args: readonly string[] = [], env = {}): Service {
  return new Service({
    name: file,
    args: [join(import.meta.dirname, file), String(port), ...args],
    env,
    cwd: repository,
    logFile: join(folder, `${file}.log`),
    readyUrl: `http://127.0.0.1:${port}/`,
    anyStatus: true,
  });
}

function serviceSubject(name: string, port: number, service: Service): Subject {
  const pids = () => processTree(service.pid).map(({ pid }) => pid);
  return { name, url: `http://127.0.0.1:${port}/mcp`, pids, tokens: noToken, stop: () => service.stop() };
}

export async function startUpstream(folder: string): Promise<Subject> {
  const port = await freePort();
  const service = program(folder, "upstream.ts", port);
  // It answers GET with a stream that does not end, of which the headers are enough here.
  await service.ready();
  return serviceSubject("direct", port, service);
}

export async function startPassThrough(folder: string, upstreamUrl: string): Promise<Subject> {
  const port = await freePort();
  const service = program(folder, "pass-through.ts", port, [upstreamUrl]);
  await service.ready();
  return serviceSubject("pass-through", port, service);
}

/** Undefined without a PostgreSQL for its records. What it asks for decisions is another process of the upstream's program. */
export async function startMinimum(
  folder: string,
  upstreamUrl: string,
  databaseUrl: string | undefined,
): Promise<Subject | undefined> {
  if (databaseUrl === undefined) return undefined;
  const decisions = await startUpstream(folder);
  const port = await freePort();
  const service = program(folder, "minimum.ts", port, [upstreamUrl, decisions.url], {
    // Not an argument, which every user of the machine can see.
    DATABASE_URL: databaseUrl,
  });
  await service.ready();
  const subject = serviceSubject("minimum", port, service);
  return { ...subject, stop: () => Promise.all([subject.stop(), decisions.stop()]) };
}

/** Undefined where nginx is not installed. */
export async function startNginx(folder: string, upstreamUrl: string): Promise<Subject | undefined> {
  const nginx = findNginx();
  if (nginx === undefined) return undefined;
  const port = await freePort();
  const service = new Service({
    name: "nginx",
    program: nginx,
    args: ["-e", "stderr", "-p", folder, "-c", writeNginxConfig(folder, port, new URL(upstreamUrl))],
    env: {},
    cwd: folder,
    logFile: join(folder, "nginx.log"),
    readyUrl: `http://127.0.0.1:${port}/`,
    anyStatus: true,
  });
  await service.ready();
  return serviceSubject("nginx", port, service);
}

const humanOf = (at: number) => `developer-${at}@example.com`;

/** One server, all its tools reviewed; humans up to medium; no rate limit that a benchmark from one address would meet. */
function policyOf(upstreamUrl: string, agents: number): HostValues {
  const unlimited = { max: 1_000_000, windowSeconds: 1 };
  return {
    host: {
      name: "Benchmark",
      permit: { project: "default", environment: "benchmark" },
      admins: [humanOf(0)],
      rateLimits: {
        signIn: unlimited,
        signUp: unlimited,
        clientRegistration: unlimited,
        mcp: unlimited,
        writes: unlimited,
        all: unlimited,
      },
    },
    grants: {
      grants: Array.from({ length: agents }, (_, at) => ({ server, human: humanOf(at), ceiling: "medium" as const })),
    },
    servers: {
      [server]: {
        name: "Benchmark upstream",
        description: "Answers at once.",
        url: upstreamUrl,
        tools: Object.fromEntries(
          Array.from({ length: toolCount }, (_, at) => [
            toolName(at),
            { trust: (["low", "medium", "high"] as const)[at % 3] ?? "high" },
          ]),
        ),
      },
    },
    locks: {},
  };
}

/** How a gateway is started to be measured. */
export interface GatewayOptions {
  readonly folder: string;
  readonly upstreamUrl: string;
  /** Humans with one agent each. */
  readonly agents: number;
  /** PostgreSQL instead of the embedded database. */
  readonly databaseUrl?: string | undefined;
  /** Further arguments of Node. */
  readonly nodeArguments?: readonly string[];
  readonly onProgress: (line: string) => void;
}

/** A whole local host with a consent (level medium) of each human, made through the door. */
export async function startGateway(options: GatewayOptions): Promise<GatewaySubject> {
  const { folder, upstreamUrl, agents, databaseUrl, nodeArguments = [], onProgress } = options;
  const policyDir = join(folder, "policies", "benchmark");
  writeHost(policyOf(upstreamUrl, agents), policyDir);
  const socket = join(folder, "observe");
  const host = await startLocalHost({
    policyDir,
    dataDir: join(folder, "data"),
    ports: await freePorts(),
    onProgress,
    gatewayCommand: [process.execPath, ...nodeArguments, ...observeArguments(socket), "gateway/src/server.ts"],
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  });
  const url = `${host.gatewayUrl}/mcp/${server}`;
  try {
    const clients: Agent[] = [];
    for (let at = 0; at < agents; at += 1) {
      const agent = new Agent(`benchmark ${at}`, url, sdkV2("2026-07-28"));
      await agent.connect(new Human(host.gatewayUrl, humanOf(at), host.accounts[humanOf(at)] ?? ""), {
        level: "medium",
      });
      await agent.close();
      clients.push(agent);
    }
    let refreshedAt = performance.now();
    let refreshing: Promise<void> | undefined;
    const refresh = async () => {
      for (const { oauth } of clients) await auth(oauth, { serverUrl: url });
      refreshedAt = performance.now();
    };
    const tokens = async () => {
      // Once for all who ask meanwhile: a refresh token that is used twice ends its consent.
      if (refreshing === undefined && performance.now() - refreshedAt > refreshMs) {
        refreshing = refresh().finally(() => {
          refreshing = undefined;
        });
      }
      await refreshing;
      return clients.map(({ oauth }) => oauth.tokens()?.access_token ?? "");
    };
    const pidOf = (file: string) =>
      processTree(process.pid).find(({ command }) => command.includes(file) && command.startsWith(process.execPath))
        ?.pid ?? 0;
    const gatewayPid = pidOf("gateway/src/server.ts");
    const permitPid = pidOf("infra/local/permit/main.ts");
    // The name that the gateway answers to; the address is the loopback that the others have.
    return { name: "gateway", url, pids: () => [gatewayPid], tokens, socket, permitPid, stop: () => host.stop() };
  } catch (error) {
    await host.stop();
    throw error;
  }
}
