/** The URL of a server as a human enters it. Pure. */
import { AddressRefusedError, addressRules, assertUrlAllowed } from "./address-rules.ts";
import type { HostSettings, ServerSettings } from "./deps/host-settings.ts";
import { GatewayError } from "./errors.ts";

/** Longer ones are no addresses that people enter. */
const urlLengthMax = 500;

const wanted = "It must be an https address on the public Internet, unless an admin has listed its host.";

/** A refused address in words for the human. The same for all that are not public: nothing is told of the inner network. */
export function urlRefused(cause: unknown, why = wanted): GatewayError {
  return new GatewayError("SERVER_URL_REFUSED", {
    sentence: `The gateway does not connect to this address. ${why}`,
    ...(cause instanceof AddressRefusedError ? { detail: cause.message } : {}),
  });
}

/**
 * The URL that was entered, as it is stored and compared. Refused before anything is connected to: what is no URL or
 * not what it looks like, credentials, a fragment, this gateway itself, and what `assertServerUrl` refuses. Names are
 * resolved with each connection. Throws GatewayError SERVER_URL_REFUSED.
 */
export function readServerUrl(text: string, publicUrl: string, host: HostSettings): URL {
  const entered = text.trim();
  // `new URL` drops tabs and line breaks, and turns "\" into "/".
  if (entered.length > urlLengthMax || !/^https?:\/\/[^\s\\]+$/i.test(entered) || !URL.canParse(entered)) {
    throw urlRefused(undefined, "Enter its whole address, such as https://mcp.example.com/mcp.");
  }
  const url = new URL(entered);
  if (url.username !== "" || url.password !== "") {
    throw urlRefused(undefined, "Leave the user name and password out: they would be stored and shown.");
  }
  if (entered.includes("#")) throw urlRefused(undefined, "Leave out what begins with #.");
  // It would call itself without an end.
  if (hostOf(url) === hostOf(new URL(publicUrl))) throw urlRefused(undefined, "It is this gateway's own.");
  assertServerUrl(url, host);
  return url;
}

/**
 * Refuses other schemes and addresses than the policy lets, and the hosts of all servers of the policy, whose own rules
 * would be got around. Asked with every use, because the policy may have changed. Throws GatewayError SERVER_URL_REFUSED.
 */
export function assertServerUrl(url: URL, host: HostSettings): void {
  const ofPolicy = [...host.servers.values()].some((server) => isOfPolicyAt(server, url));
  if (ofPolicy) {
    throw urlRefused(undefined, "An admin has set up a server at this host. Choose that one, or ask for access to it.");
  }
  try {
    assertUrlAllowed(url, addressRules(host.dynamicServers?.privateHosts ?? []));
  } catch (error) {
    if (error instanceof AddressRefusedError) throw urlRefused(error);
    throw error;
  }
}

function isOfPolicyAt({ enteredBy, upstreamUrl }: ServerSettings, url: URL): boolean {
  return enteredBy === undefined && URL.canParse(upstreamUrl) && hostOf(new URL(upstreamUrl)) === hostOf(url);
}

/** Host and port. A dot at the end of a name is the same name (RFC 3986 section 3.2.2). */
function hostOf({ hostname, port, protocol }: URL): string {
  return `${hostname.replace(/\.$/, "")}:${port === "" ? { "https:": "443", "http:": "80" }[protocol] : port}`;
}

/** What a sentence calls a server: its key, or for one that a human entered its address, because the key tells nothing. */
export function labelOf({ key, name, enteredBy }: ServerSettings): string {
  return enteredBy === undefined ? key : name;
}

/** The server as people call it: its address, because a name that the server gives itself could be that of another. */
export function serverNameOf(url: string): string {
  const { host, pathname } = new URL(url);
  const name = `${host}${pathname.replace(/\/+$/, "")}`;
  return name.length > 80 ? `${name.slice(0, 79)}…` : name;
}
