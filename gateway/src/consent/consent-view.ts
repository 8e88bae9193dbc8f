/** What the consent page shows of the host. Pure. */
import type { DynamicServer } from "../deps/dynamic-servers.ts";
import type { HostSettings } from "../deps/host-settings.ts";
import { type Consenter, type Grantable, listGrantable } from "./check-consent.ts";
import type { ConsentRequestQuery } from "./consent-request.ts";
import type { ConsentChoice, ConsentServer } from "./contract.ts";
import { enteringCeiling } from "./enter-server.ts";
import { endOfLife, visibleEnd } from "./grant-life.ts";

/** Each is a role to be given in Permit and waited for, within one request. */
export const serversMax = 20;

/** A server as the page shows it, with what the human can consent to. */
export function serverView(
  host: HostSettings,
  { email, now }: Consenter,
  { server, ceiling }: Grantable,
): ConsentServer {
  const { key, name, description } = server;
  return {
    key,
    name,
    description,
    ceiling,
    ...(server.enteredBy === undefined ? {} : { url: server.upstreamUrl }),
    signIn: server.auth.type === "oauth",
    endsAt: visibleEnd(endOfLife(now, email, { host, server }), email, { server }).toISOString(),
    idleDays: host.sessions.idleDays,
    tools: [...server.tools.values()].map(({ name, trust }) => ({ name, trust })),
  };
}

/** What the human may enter by URL; null for nothing. */
export function enteringView(
  host: HostSettings,
  consenter: Consenter,
  own: readonly DynamicServer[],
): ConsentChoice["entering"] {
  const ceiling = enteringCeiling(host, consenter);
  const max = host.dynamicServers?.maxPerHuman ?? 0;
  return ceiling === undefined ? null : { ceiling, left: Math.max(0, max - own.length) };
}

/** The servers to choose from, for a client that asks for none in particular. */
export function choiceView(
  host: HostSettings,
  consenter: Consenter,
  { upstreamUrls }: ConsentRequestQuery,
): Omit<ConsentChoice, "entering"> {
  const grantable = listGrantable(host, consenter);
  // Only among what is granted: the parameter must not be a way to find out where a host's other servers are.
  const preselected = grantable.filter(({ server }) => upstreamUrls.some((url) => sameUrl(server.upstreamUrl, url)));
  return {
    servers: grantable.map((each) => serverView(host, consenter, each)),
    preselected: preselected.map(({ server }) => server.key),
    most: serversMax,
  };
}

/** Equal but for what the URL parser makes of them, and slashes at the end. */
function sameUrl(a: string, b: string): boolean {
  const normal = (url: string) => (URL.canParse(url) ? new URL(url).href.replace(/\/+$/, "") : undefined);
  return normal(b) !== undefined && normal(a) === normal(b);
}
