/** `npm start`: a host on this machine, and what to do with it. Ctrl-C ends all of it. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { decisionLine } from "./decision-line.ts";
import { mailLine } from "./mail-line.ts";
import { defaultPorts, type LocalPorts, PortBusyError } from "./ports.ts";
import { ServiceError } from "./service.ts";
import { type LocalHost, PolicyRefusedError, startLocalHost } from "./up.ts";
import { watchPolicies } from "./watch-policies.ts";
import { welcome } from "./welcome.ts";

const help = `Usage: npm start -- [options]

Starts a host on this machine: local Permit, the demo's MCP servers and the gateway.

  --policies DIR         folder of the hosts' policies    (policies/hosts)
  --host KEY             which of them to start           (demo)
  --data DIR             databases, secrets, logs         (.local/KEY)
  --gateway-port N       the gateway                      (${defaultPorts.gateway})
  --permit-port N        local Permit                     (${defaultPorts.permit})
  --issues-port N        the demo's issue tracker         (${defaultPorts.issues})
  --everything-port N    the MCP reference server         (${defaultPorts.everything})
  --help

With DATABASE_URL in the environment the gateway uses that PostgreSQL instead of the embedded database.
Everything listens on 127.0.0.1 only. Deleting the data folder starts afresh.
`;

class UsageError extends Error {}

function port(name: keyof LocalPorts, value: string | undefined): number {
  if (value === undefined) return defaultPorts[name];
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    throw new UsageError(`--${name}-port must be a port number from 1 to 65535, not "${value}".`);
  }
  return number;
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        policies: { type: "string", default: "policies/hosts" },
        host: { type: "string", default: "demo" },
        data: { type: "string" },
        "gateway-port": { type: "string" },
        "permit-port": { type: "string" },
        "issues-port": { type: "string" },
        "everything-port": { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    return {
      help: values.help,
      policyDir: join(values.policies, values.host),
      dataDir: values.data ?? join(".local", values.host),
      ports: {
        gateway: port("gateway", values["gateway-port"]),
        permit: port("permit", values["permit-port"]),
        issues: port("issues", values["issues-port"]),
        everything: port("everything", values["everything-port"]),
      },
    };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function main(): Promise<number> {
  const options = readArguments();
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const print = (line: string) => process.stdout.write(`${line}\n`);

  // A signal during the start ends it at the next step; the services get the terminal's signal themselves.
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  const starting = startLocalHost({
    policyDir: options.policyDir,
    dataDir: options.dataDir,
    ports: options.ports,
    buildPages: true,
    ...(process.env.DATABASE_URL === undefined ? {} : { databaseUrl: process.env.DATABASE_URL }),
    onProgress: print,
    onGatewayLine: (line) => {
      const shown = decisionLine(line) ?? mailLine(line);
      if (shown !== undefined) print(shown);
    },
  });
  const outcome = await Promise.race([starting, signalled]);
  if (outcome === undefined) {
    print("\nStopping ...");
    await starting.then(
      (started) => started.stop(),
      () => undefined,
    );
    return 0;
  }
  const host: LocalHost = outcome;
  print(welcome(host, options.policyDir));
  const unwatch = watchPolicies(host, options.policyDir, print);
  const crashed = await Promise.race([host.crashed, signalled]);
  print(
    crashed === undefined ? "\nStopping ..." : `\n${crashed} ended by itself; see ${host.folders.logs}. Stopping ...`,
  );
  unwatch();
  await host.stop();
  return crashed === undefined ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const expected =
    error instanceof UsageError ||
    error instanceof PortBusyError ||
    error instanceof PolicyRefusedError ||
    error instanceof ServiceError;
  process.stderr.write(`\n${expected ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
