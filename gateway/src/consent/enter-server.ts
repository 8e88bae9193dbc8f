/** A human connects an MCP server of their own by URL: whether they may, whether the gateway may go there, what it has. */
import {
  connectDynamicAction,
  dayOf,
  dynamicServersKey,
  effectiveTrust,
  holdsOn,
  humanKey,
  proposeUnreviewedTrust,
  type TrustLevel,
} from "@permit-mcp-gateway/policies";
import type { Database } from "../adapters/database.ts";
import type { AttemptStore } from "../deps/attempts.ts";
import type { DynamicServer, DynamicServerStore } from "../deps/dynamic-servers.ts";
import type { HostSettings, ServerSettings } from "../deps/host-settings.ts";
import type { DecisionPoint } from "../deps/permit.ts";
import type { UpstreamAccounts } from "../deps/upstream-accounts.ts";
import { digest } from "../digest.ts";
import { GatewayError } from "../errors.ts";
import { assertSupported } from "../features.ts";
import { ambiguousDefinition, digestOfEntry, nameOfEntry } from "../mcp/tool-definition.ts";
import { readServerUrl, serverNameOf } from "../server-url.ts";
import type { Consenter } from "./check-consent.ts";
import { grantTermsOf } from "./grant-term.ts";

/** What entering a server needs. */
export interface EnterServerDeps {
  readonly publicUrl: string;
  readonly database: Pick<Database, "exclusively">;
  readonly decisions: DecisionPoint;
  readonly attempts: AttemptStore;
  readonly dynamicServers: DynamicServerStore;
  readonly upstreamAccounts: Pick<UpstreamAccounts, "probe" | "toolsOf" | "connected">;
}

/** Each makes the gateway go to an address that somebody chose. */
const attemptsPerHour = 30;

/** Who enters it, under which policy. */
export interface EnteringHuman {
  readonly userId: string;
  readonly consenter: Consenter;
  readonly host: HostSettings;
}

/** Up to which trust a human may use servers of their own today; undefined: not at all. */
export function enteringCeiling(
  { dynamicServers }: HostSettings,
  { email, ceilings, now }: Consenter,
): TrustLevel | undefined {
  const ceiling = ceilings.get(dynamicServersKey);
  if (dynamicServers === undefined || ceiling === undefined) return undefined;
  const term = grantTermsOf(dynamicServers.rules, email).find(({ until }) => holdsOn({ until }, dayOf(now)));
  return term === undefined ? undefined : effectiveTrust(ceiling, term.ceiling);
}

/**
 * Adds a server to those of a human, with the tools that it has now, or reads them anew when the human had it. Nobody's
 * agent can use it by that. Throws GatewayError SERVER_NOT_GRANTED, SERVERS_TOO_MANY, SERVER_URL_REFUSED, rate_limited,
 * UPSTREAM_UNAVAILABLE, and what the decision point throws.
 */
export async function enterServer(deps: EnterServerDeps, human: EnteringHuman, text: string): Promise<DynamicServer> {
  const { userId, consenter, host } = human;
  await assertMayEnter(deps, human);
  const key = digest(JSON.stringify(["enter-server", userId]));
  const wait = await deps.attempts.take({ key, max: attemptsPerHour, windowSeconds: 3600 });
  if (wait !== undefined) throw new GatewayError("rate_limited");
  const url = readServerUrl(text, deps.publicUrl, host).href;
  // One at a time, so that two at once are not one more than is allowed.
  return deps.database.exclusively(JSON.stringify(["dynamic-servers", userId]), async () => {
    const own = await deps.dynamicServers.list(userId);
    const known = own.find((server) => server.url === url);
    const max = host.dynamicServers?.maxPerHuman ?? 0;
    if (known === undefined && own.length >= max) throw new GatewayError("SERVERS_TOO_MANY");
    const found = await look(deps, human, url, known);
    return deps.dynamicServers.save({ userId, email: consenter.email, url, ...found });
  });
}

/** What the human may do is asked of Permit now, and the ceiling is looked at again: a grant that ended is not in Permit. */
async function assertMayEnter({ decisions }: EnterServerDeps, { host, consenter }: EnteringHuman): Promise<void> {
  assertSupported("The policy of this host", host);
  const may =
    enteringCeiling(host, consenter) !== undefined &&
    (await decisions.check(humanKey(consenter.email), connectDynamicAction, dynamicServersKey));
  if (may) return;
  throw new GatewayError("SERVER_NOT_GRANTED", {
    sentence: "The policy of this host does not let you connect servers of your own. Ask an admin for a grant.",
  });
}

async function look(
  { upstreamAccounts }: EnterServerDeps,
  { userId, consenter, host }: EnteringHuman,
  url: string,
  known: DynamicServer | undefined,
) {
  const owner = { userId, server: known?.server ?? "" };
  if (known?.auth === "oauth" && (await upstreamAccounts.connected(owner))) {
    return { auth: known.auth, tools: reviewable(await upstreamAccounts.toolsOf(owner, consenter.email)) };
  }
  const { auth, tools } = await upstreamAccounts.probe(candidate(userId, url, host));
  return { auth, tools: reviewable(tools) };
}

/** As much of a server as it takes to look at it: it has no key yet, and nothing can be asked of Permit about it. */
function candidate(userId: string, upstreamUrl: string, { dynamicServers }: HostSettings): ServerSettings {
  if (dynamicServers === undefined) throw new GatewayError("SERVER_NOT_GRANTED");
  const name = serverNameOf(upstreamUrl);
  return { ...dynamicServers.rules, key: "", name, upstreamUrl, enteredBy: userId, auth: { type: "none" } };
}

/** The first tools of a server that wanted a sign-in before it told them. Once: from then on entering it reads them anew. */
export async function readFirstTools(
  deps: Pick<EnterServerDeps, "dynamicServers" | "upstreamAccounts">,
  { userId, key, upstreamUrl, email }: Pick<ServerSettings, "key" | "upstreamUrl"> & { userId: string; email: string },
): Promise<DynamicServer["tools"]> {
  const tools = reviewable(await deps.upstreamAccounts.toolsOf({ userId, server: key }, email));
  await deps.dynamicServers.save({ userId, email, url: upstreamUrl, auth: "oauth", tools });
  return tools;
}

/** By what a reader of the name would fear, with what was shown of each. Of names that come twice, none can be told apart. */
function reviewable(entries: readonly unknown[]): DynamicServer["tools"] {
  const count = Map.groupBy(entries, nameOfEntry);
  return entries.flatMap((entry) => {
    const name = nameOfEntry(entry);
    if (name === undefined || !isStorable(name) || count.get(name)?.length !== 1) return [];
    const { annotations } = entry as { readonly annotations?: unknown };
    const said = typeof annotations === "object" && annotations !== null ? annotations : {};
    const { trust } = proposeUnreviewedTrust(name, said as Readonly<Record<string, unknown>>);
    const seen = digestOfEntry(name, entry);
    // It would be equal to any other that is ambiguous too.
    return seen === ambiguousDefinition ? [] : [{ name, trust, digest: seen }];
  });
}

/** PostgreSQL takes no NUL and no lone surrogate. */
const isStorable = (name: string) => name.length <= 200 && name.isWellFormed() && !name.includes("\0");
