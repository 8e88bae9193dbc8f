/** The services of the local host: what each is started with and how it shows that it is ready. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalPorts } from "./ports.ts";
import type { ServiceSpec } from "./service.ts";

/** The root of the checkout. */
export const repository = fileURLToPath(new URL("../..", import.meta.url));
const loopbackOnly = fileURLToPath(new URL("./loopback-only.ts", import.meta.url));
const serverEverything = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"));

/** Where the services of one local host keep their files. */
export interface LocalFolders {
  readonly data: string;
  readonly logs: string;
}

export function permitService(ports: LocalPorts, folders: LocalFolders, organizationKey: string): ServiceSpec {
  return {
    name: "local Permit",
    args: [
      "infra/local/permit/main.ts",
      ...["--port", String(ports.permit)],
      ...["--data", join(folders.data, "permit")],
    ],
    // By environment and not by argument: arguments are visible to every user of the machine.
    env: { PERMIT_LOCAL_ORG_KEY: organizationKey },
    cwd: repository,
    logFile: join(folders.logs, "permit.log"),
    readyUrl: `http://127.0.0.1:${ports.permit}/healthy`,
  };
}

export function issuesService(ports: LocalPorts, folders: LocalFolders): ServiceSpec {
  return {
    name: "issue tracker",
    args: [
      "infra/local/issue-tracker/main.ts",
      ...["--port", String(ports.issues)],
      ...["--data", join(folders.data, "issues.json")],
    ],
    env: {},
    cwd: repository,
    logFile: join(folders.logs, "issues.log"),
    readyUrl: `http://127.0.0.1:${ports.issues}/calls`,
  };
}

export function everythingService(ports: LocalPorts, folders: LocalFolders): ServiceSpec {
  return {
    name: "server-everything",
    args: ["--import", loopbackOnly, serverEverything, "streamableHttp"],
    env: { PORT: String(ports.everything) },
    cwd: repository,
    logFile: join(folders.logs, "everything.log"),
    // It has no health endpoint: any answer will do.
    readyUrl: `http://127.0.0.1:${ports.everything}/mcp`,
    anyStatus: true,
  };
}

export function gatewayService(
  ports: LocalPorts,
  folders: LocalFolders,
  environment: Readonly<Record<string, string>>,
  onLine?: ((line: string) => void) | undefined,
  [program = process.execPath, ...args]: readonly string[] = [process.execPath, "gateway/src/server.ts"],
): ServiceSpec {
  return {
    name: "gateway",
    program,
    args,
    env: environment,
    cwd: repository,
    logFile: join(folders.logs, "gateway.log"),
    readyUrl: `http://127.0.0.1:${ports.gateway}/readyz`,
    ...(onLine === undefined ? {} : { onLine }),
  };
}
