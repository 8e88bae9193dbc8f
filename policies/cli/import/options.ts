import { webUrl } from "../../src/schema/fields.ts";
import { hostOptions } from "../choose-hosts.ts";
import { parseOptions, UsageError } from "../command.ts";
import {
  type Credentials,
  checkEncrypted,
  type Endpoint,
  type HttpEndpoint,
  readCredentials,
  type SignIn,
  variables,
} from "./endpoint.ts";

/** What the command line of `import` says. */
export interface ImportOptions {
  readonly policies: string | undefined;
  readonly host: string | undefined;
  readonly server: string | undefined;
  readonly check: boolean;
  readonly json: boolean;
  readonly prune: boolean;
  /** How long a server may take, in seconds. */
  readonly seconds: number;
  /** `--url`: where the gateway will reach a new server, when it is not where it is read. */
  readonly url: string | undefined;
  readonly auth: Credentials["auth"];
  /** The server named on the command line; undefined: the one of the policy. */
  readonly given: Endpoint | undefined;
  /** The server at an address of the policy. Throws UsageError. */
  readonly at: (url: string, signsIn: boolean) => HttpEndpoint;
}

/** The options of `import`, as `parseArgs` takes them. */
const options = {
  ...hostOptions,
  server: { type: "string" },
  check: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  prune: { type: "boolean", default: false },
  stdio: { type: "boolean", default: false },
  env: { type: "string", multiple: true, default: [] as string[] },
  transport: { type: "string", default: "auto" },
  url: { type: "string" },
  "bearer-env": { type: "string" },
  header: { type: "string", multiple: true, default: [] as string[] },
  "client-id": { type: "string" },
  "callback-port": { type: "string", default: "0" },
  "no-browser": { type: "boolean", default: false },
  timeout: { type: "string", default: "30" },
} as const;

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`--${option} takes a whole number from ${min} to ${max}, not ${JSON.stringify(text)}.`);
}

/** An address that a server file can have. Throws UsageError, without the address when it holds a password. */
function checkedUrl(text: string): URL {
  const parsed = webUrl.safeParse(text);
  if (parsed.success) return new URL(parsed.data);
  const { message } = parsed.error.issues[0] ?? { message: "Not a URL" };
  throw new UsageError(`The address of the server: ${message}.`);
}

/** Reads the command line of `import`. Throws UsageError. */
export function readOptions(args: readonly string[]): ImportOptions {
  const end = args.indexOf("--");
  const command = end === -1 ? [] : args.slice(end + 1);
  const { values, words } = parseOptions(end === -1 ? args : args.slice(0, end), options, ["url?"]);
  const { check, json, prune, stdio, host, server } = values;
  const transport = (["auto", "http", "sse"] as const).find((known) => known === values.transport);
  if (transport === undefined) throw new UsageError("--transport is auto, http or sse.");
  const { headers, auth } = readCredentials(values.header, values["bearer-env"]);
  const signIn: SignIn = {
    clientId: values["client-id"],
    callbackPort: wholeNumber("callback-port", values["callback-port"], 0, 65_535),
    // Nobody sees a browser that a pipeline opens.
    opensBrowser: !values["no-browser"] && process.stderr.isTTY,
  };
  const at = (url: string, signsIn: boolean): HttpEndpoint => {
    const checked = checkedUrl(url);
    checkEncrypted(checked, headers);
    const usesSignIn = signsIn && Object.keys(headers).length === 0;
    return { kind: "http", url: checked, transport, headers, signIn: usesSignIn ? signIn : undefined };
  };

  const [url] = words;
  const [program, ...rest] = command;
  if (stdio !== (program !== undefined)) {
    throw new UsageError(
      "A program comes behind --stdio and two dashes: import --stdio --host h --server s -- program arguments",
    );
  }
  if (stdio && url !== undefined) throw new UsageError("Name an address or a program, not both.");
  if (!stdio && values.env.length > 0) throw new UsageError("--env is for programs: use it with --stdio.");
  if (stdio && Object.keys(headers).length > 0) throw new UsageError("A program gets no headers: use --env.");
  const needed = (["host", "server"] as const).filter((option) => values[option] === undefined);
  if (needed.length > 0 && !check)
    throw new UsageError(`Say which: ${needed.map((option) => `--${option} <key>`).join(" ")}.`);
  if (needed.length > 0 && (url !== undefined || stdio)) {
    throw new UsageError("With --check an address or a program is for one server: say --host and --server.");
  }
  if (server === undefined && Object.keys(headers).length > 0) {
    throw new UsageError("A secret is for one server: say --host and --server, so that no other gets it.");
  }
  if (server !== undefined && host === undefined) throw new UsageError("Say the --host of the server too.");
  if (check && prune) throw new UsageError("--check writes nothing, so there is nothing to prune.");
  const given: Endpoint | undefined =
    program !== undefined
      ? { kind: "stdio", command: program, args: rest, env: variables(values.env) }
      : url === undefined
        ? undefined
        : at(url, true);
  return {
    policies: values.policies,
    host,
    server,
    check,
    json,
    prune,
    seconds: wholeNumber("timeout", values.timeout, 1, 600),
    url: values.url === undefined ? undefined : checkedUrl(values.url).href && values.url,
    auth,
    given,
    at,
  };
}
