/** Where a server is and how it is asked, as the options of `import` say it. */
import { UsageError } from "../command.ts";

/** OAuth in the browser. */
export interface SignIn {
  /** A public client that the server knows; undefined: it registers itself. */
  readonly clientId: string | undefined;
  /** Port of the redirect URI on 127.0.0.1; 0: any that is free. */
  readonly callbackPort: number;
  /** False to print the address only. */
  readonly opensBrowser: boolean;
}

/** A server over HTTP. */
export interface HttpEndpoint {
  readonly kind: "http";
  readonly url: URL;
  /** `auto`: streamable HTTP, and HTTP+SSE when the server refuses that as servers before it do. */
  readonly transport: "auto" | "http" | "sse";
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: a server that asks for a sign-in is not read. */
  readonly signIn: SignIn | undefined;
}

/** A server that is a program, which is started for it. */
export interface StdioEndpoint {
  readonly kind: "stdio";
  readonly command: string;
  readonly args: readonly string[];
  /** Variables beside those that a program needs to run at all, such as PATH. */
  readonly env: Readonly<Record<string, string>>;
}

export type Endpoint = HttpEndpoint | StdioEndpoint;

/** A variable of the environment. Throws UsageError when it is not there or empty. */
function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new UsageError(`The environment has no variable ${JSON.stringify(name)}.`);
  }
  return value;
}

/** Variables of the environment by name, as `--env NAME` gives them to a program. Throws UsageError. */
export function variables(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, variable(name)]));
}

/** Headers by name, with the words that stand in the server file for each. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** The first of them, as the part `auth` of a server file says it. */
  readonly auth: { readonly header: string; readonly scheme: string | undefined; readonly secret: string } | undefined;
}

/**
 * The headers of `--header 'Name: $VARIABLE'`, `--header 'Name: Scheme $VARIABLE'` and `--bearer-env VARIABLE`. Throws
 * UsageError, which never repeats a value: a shell that has put the secret in already must not have it printed too.
 */
export function readCredentials(headers: readonly string[], bearer: string | undefined): Credentials {
  const given = headers.map((header) => {
    const form = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):\s*(?:([A-Za-z0-9-]+) )?\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$/.exec(
      header,
    );
    const [, name, scheme, secret] = form ?? [];
    if (name !== undefined && secret !== undefined) return { header: name, scheme, secret };
    throw new UsageError(
      "--header takes the name of a variable, in single quotes: --header 'X-Api-Key: $VARIABLE'. " +
        "A value in the arguments could be read by every user of this machine.",
    );
  });
  if (bearer !== undefined) given.push({ header: "Authorization", scheme: "Bearer", secret: bearer });
  const entries = given.map(({ header, scheme, secret }): [string, string] => {
    const value = variable(secret).trim();
    if (!/^[\x20-\x7e]+$/.test(value)) {
      throw new UsageError(`The variable ${JSON.stringify(secret)} holds characters that no header may have.`);
    }
    return [header, scheme === undefined ? value : `${scheme} ${value}`];
  });
  return { headers: Object.fromEntries(entries), auth: given[0] };
}

/** True when nobody on the way can read what is sent to `url`: it is encrypted, or does not leave this machine. */
export function isPrivate({ protocol, hostname }: URL): boolean {
  if (protocol === "https:") return true;
  return protocol === "http:" && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

/** Throws UsageError when secrets would be sent to `url` for everybody on the way to read. */
export function checkEncrypted(url: URL, headers: Readonly<Record<string, string>>): void {
  if (isPrivate(url) || Object.keys(headers).length === 0) return;
  throw new UsageError(
    `${url.origin} is not encrypted, so no secret is sent there: use https, or a tunnel to localhost.`,
  );
}
