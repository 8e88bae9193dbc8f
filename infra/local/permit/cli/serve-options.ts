import { parseArgs } from "node:util";
import type { LocalPermitOptions } from "../start.ts";
import { UsageError } from "./usage-error.ts";

/** `--help`. */
export const serveUsage = `Local Permit: Permit's control plane and decision point on this machine.

  npm run permit:local -- [--port 7766] [--data DIR | --database URL] [--org-key KEY] [--host 127.0.0.1]
                          [--opa-port 8181] [--lag MS]

  --port      port to listen on; 0 takes a free one (default 7766)
  --data      folder for everything that outlives the process; without it and --database nothing does
  --database  PostgreSQL for everything that outlives the process: postgres://user:password@host:5432/database; better
              given as PERMIT_LOCAL_DATABASE_URL, because arguments are visible to every user of the machine
  --org-key   API key of the organization; better given as PERMIT_LOCAL_ORG_KEY, for the same reason. Without either:
              the stored key, or a new one, which is printed once. A key that is given takes the place of the stored one
  --host      address to listen on (default 127.0.0.1)
  --opa-port  answer OPA's paths (/v1/data/permit/...) on this port as well; 0 takes a free one. SDKs look for them on
              8181 (useOpa). Without it nothing does
  --lag       milliseconds from a write until decisions see it, to try what waits for them, as Permit's service makes
              everybody wait; 0 (default) is at once
  --help      this text

One process at a time may use a folder or a database.

Commands beside it, each with --help of its own:
  npm run permit:local -- export ...  writes an environment into one JSON file
  npm run permit:local -- import ...  reads one from such a file

When it is ready, one line of JSON goes to standard output: {"ready":true,"url":"http://127.0.0.1:7766"};
with --opa-port it also has "opaUrl".
`;

function readPort(name: string, value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65_535) {
    throw new UsageError(`--${name} must be a number from 0 to 65535, not '${value}'.`);
  }
  return port;
}

/** Throws UsageError for what is no URL of a PostgreSQL database, and for two places at once. */
export function checkDatabaseUrl(url: string | undefined, dataDir: string | undefined): void {
  if (url === undefined) return;
  if (dataDir !== undefined) throw new UsageError("Give --data or --database, not both.");
  // Never quoted: it may have a password in it.
  if (!/^postgres(ql)?:\/\/\S+$/.test(url) || !URL.canParse(url)) {
    throw new UsageError("--database must be a URL like postgres://user:password@host:5432/database.");
  }
}

/** An hour: whoever waits longer has stopped trying. */
const lagMsMax = 3_600_000;

function readLag(value: string): number {
  const lagMs = Number(value);
  if (/^\d+$/.test(value) && lagMs <= lagMsMax) return lagMs;
  throw new UsageError(`--lag must be a number of milliseconds from 0 to ${lagMsMax}, not '${value}'.`);
}

/** What the command line and the environment ask for; null when it is the help text. Throws UsageError. */
export function readServeOptions(args: readonly string[], env: NodeJS.ProcessEnv): LocalPermitOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "7766" },
      data: { type: "string" },
      database: { type: "string" },
      "org-key": { type: "string" },
      host: { type: "string", default: "127.0.0.1" },
      "opa-port": { type: "string" },
      lag: { type: "string", default: "0" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const databaseUrl = values.database ?? (values.data === undefined ? env.PERMIT_LOCAL_DATABASE_URL : undefined);
  checkDatabaseUrl(databaseUrl, values.data);
  const orgKey = values["org-key"] ?? env.PERMIT_LOCAL_ORG_KEY;
  if (orgKey !== undefined && !/^\S{16,}$/.test(orgKey)) {
    throw new UsageError("The organization key must have at least 16 characters and no spaces.");
  }
  return {
    port: readPort("port", values.port),
    host: values.host,
    lagMs: readLag(values.lag),
    ...(values["opa-port"] === undefined ? {} : { opaPort: readPort("opa-port", values["opa-port"]) }),
    ...(values.data === undefined ? {} : { dataDir: values.data }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(orgKey === undefined ? {} : { orgKey }),
  };
}
