import { permitServerOf } from "@permit-mcp-gateway/policies";
import type { FastifyBaseLogger } from "fastify";
import type { Database } from "../adapters/database.ts";
import type { RecordedRequest } from "../deps/audit-records.ts";
import type { Grant, GrantStore } from "../deps/grants.ts";
import type { ConsentFacts } from "../deps/permit.ts";
import type { UpstreamAccounts } from "../deps/upstream-accounts.ts";
import type { AccountLog } from "../oauth/account-log.ts";
import type { ConsentLog, EndCause } from "./consent-log.ts";

/** Why grants end, and in which request. */
export interface EndOccasion extends RecordedRequest {
  readonly cause: EndCause;
}

/** Key under which everything runs that changes what one agent may do on one server of Permit. */
export function agentLock(grant: Pick<Grant, "userId" | "clientId" | "server">): string {
  return JSON.stringify(["agent", grant.userId, grant.clientId, permitServerOf(grant.server)]);
}

/** True when both are consents to the same agent on the same server. */
export function sameAgent(a: Pick<Grant, "clientId" | "server">, b: Pick<Grant, "clientId" | "server">): boolean {
  return a.clientId === b.clientId && a.server === b.server;
}

/** What ending a grant touches. */
export interface EndGrantsDeps {
  readonly database: Pick<Database, "exclusively">;
  readonly grants: GrantStore;
  readonly facts: ConsentFacts;
  /** Deletes the tokens of these connections. */
  readonly deleteTokensOf: (connectionIds: readonly string[]) => Promise<void>;
  readonly consentLog: ConsentLog;
  readonly accountLog: Pick<AccountLog, "changed">;
  readonly upstreamAccounts: Pick<UpstreamAccounts, "forget">;
  readonly log: FastifyBaseLogger;
}

/**
 * Ends grants of one agent on one server. The caller holds `agentLock`. Our own database comes first: every request
 * reads it, so from here on the agent is out, however long Permit takes. Its consent role goes when no other install
 * of the client is left that needs it; if Permit does not answer, the role stays and is harmless without a grant.
 */
export async function endGrantsLocked(
  deps: EndGrantsDeps,
  ended: readonly [Grant, ...Grant[]],
  { cause, ...request }: EndOccasion,
): Promise<void> {
  const ids = ended.map((grant) => grant.id);
  await deps.grants.revoke(ids);
  await deleteTokensOf(deps, ended);
  for (const grant of ended.filter(({ revokedAt }) => revokedAt === null)) {
    try {
      await deps.consentLog.ended(request, grant, cause);
    } catch (err) {
      // Ending comes first: an agent must not go on because the log can't be written.
      deps.log.error({ err, grant: grant.id, cause }, "a consent ended and could not be recorded");
    }
  }
  const [agent] = ended;
  const rest = await deps.grants.listActive(agent.userId);
  if (!rest.some(({ server }) => server === agent.server)) await forgetUpstream(deps, agent, request);
  if (rest.some((grant) => sameAgent(grant, agent))) return;
  try {
    await deps.facts.withdraw(agent, agent.server);
  } catch (err) {
    deps.log.error({ err, grants: ids }, "the consent role of a revoked agent could not be removed from Permit");
  }
}

/** A token serves all grants of its connection, so it goes with the last of them. */
async function deleteTokensOf({ grants, deleteTokensOf }: EndGrantsDeps, ended: readonly Grant[]): Promise<void> {
  const over: string[] = [];
  for (const id of new Set(ended.map(({ connectionId }) => connectionId))) {
    const connection = await grants.ofConnection(id);
    if (connection.every(({ revokedAt }) => revokedAt !== null)) over.push(id);
  }
  if (over.length > 0) await deleteTokensOf(over);
}

/** The human's tokens at the server go with the last agent that could use them. */
async function forgetUpstream(
  { upstreamAccounts, accountLog, log }: EndGrantsDeps,
  { userId, email, server }: Grant,
  request: RecordedRequest,
): Promise<void> {
  try {
    const hadTokens = await upstreamAccounts.forget({ userId, server });
    if (hadTokens) accountLog.changed("UPSTREAM_DISCONNECTED", { human: email, request, server });
  } catch (err) {
    log.error({ err, server }, "upstream tokens of a revoked agent could not be deleted");
  }
}

/** Ends all grants that a token serves, for example because it was replayed. Unknown ids are fine. */
export async function endConnection(deps: EndGrantsDeps, connectionId: string, occasion: EndOccasion): Promise<void> {
  for (const known of await deps.grants.ofConnection(connectionId)) {
    await deps.database.exclusively(agentLock(known), async () => {
      // Read again: whoever held the lock may have ended it, and one end is one record.
      const grant = await deps.grants.find(known.id);
      if (grant !== undefined) await endGrantsLocked(deps, [grant], occasion);
    });
  }
}

/** Ends what a human granted to an agent on a server: this grant and the active ones of the client's other installs. */
export async function endAgent(deps: EndGrantsDeps, grant: Grant, occasion: EndOccasion): Promise<void> {
  await deps.database.exclusively(agentLock(grant), async () => {
    const active = await deps.grants.listActive(grant.userId);
    const others = active.filter((other) => other.id !== grant.id && sameAgent(other, grant));
    const now = active.find(({ id }) => id === grant.id) ?? (await deps.grants.find(grant.id)) ?? grant;
    await endGrantsLocked(deps, [now, ...others], occasion);
  });
}
