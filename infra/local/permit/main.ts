#!/usr/bin/env node
import { parseArgs } from "node:util";
import { type LocalPermit, type LocalPermitOptions, startLocalPermit } from "./start.ts";
import { DataDirInUseError } from "./storage/data-lock.ts";

const usage = `Local Permit: Permit's control plane and decision point on this machine.

  node infra/local/permit/main.ts [--port 7766] [--data DIR] [--org-key KEY] [--host 127.0.0.1]

  --port     port to listen on; 0 takes a free one (default 7766)
  --data     folder for everything that outlives the process; without it nothing does
  --org-key  API key of the organization; better given as PERMIT_LOCAL_ORG_KEY, because arguments are visible to every
             user of the machine. Without either: the stored key, or a new one, which is printed
  --host     address to listen on (default 127.0.0.1)
  --help     this text

When it is ready, one line of JSON goes to standard output: {"ready":true,"url":"http://127.0.0.1:7766"}
`;

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function readOptions(): LocalPermitOptions {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "7766" },
      data: { type: "string" },
      "org-key": { type: "string" },
      host: { type: "string", default: "127.0.0.1" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535)
    fail(`--port must be a number from 0 to 65535, not '${values.port}'.`);
  const orgKey = values["org-key"] ?? process.env.PERMIT_LOCAL_ORG_KEY;
  if (orgKey !== undefined && !/^\S{16,}$/.test(orgKey)) {
    fail("The organization key must have at least 16 characters and no spaces.");
  }
  return {
    port,
    host: values.host,
    ...(values.data === undefined ? {} : { dataDir: values.data }),
    ...(orgKey === undefined ? {} : { orgKey }),
  };
}

function explain(error: unknown, options: LocalPermitOptions): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    return `Port ${options.port} is in use. Stop what uses it, or start with another --port (0 takes a free one).`;
  }
  if (code === "EACCES" || error instanceof DataDirInUseError) return (error as Error).message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function parsedOptions(): LocalPermitOptions {
  try {
    return readOptions();
  } catch (error) {
    return fail(`${(error as Error).message}\nSee --help.`);
  }
}

const options = parsedOptions();
let permit: LocalPermit;
try {
  permit = await startLocalPermit(options);
} catch (error) {
  fail(explain(error, options));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void permit.close().then(
      () => process.exit(0),
      (error: unknown) => fail(explain(error, options)),
    );
  });
}
process.stderr.write(
  `Local Permit listens on ${permit.url}${options.dataDir === undefined ? ", in memory only" : ""}.\n`,
);
if (options.orgKey === undefined) process.stderr.write(`Organization key: ${permit.orgKey}\n`);
process.stdout.write(`${JSON.stringify({ ready: true, url: permit.url })}\n`);
