import { GatewayError } from "../../errors.ts";
import type { Exchange, McpDeps, WithMessage, WithProtocol, WithSession } from "../exchange.ts";
import { readConsents, type Standing, standing } from "../standing-consent.ts";
import { authorize } from "./authorize.ts";
import { authorizeOpening } from "./authorize-opening.ts";
import { awaitApproval } from "./await-approval.ts";
import { checkDefinition } from "./check-definition.ts";
import { checkMethod } from "./check-method.ts";

/** How long what was decided holds, from the arrival of the request on: as long as consents that were read are believed. */
const decisionHoldsMs = 500;
/** A server whose tools have to be read again each time, and slowly, is given up on. */
const roundsMax = 3;

type Decided = Exchange & Standing & WithProtocol & WithSession & Partial<WithMessage>;

const isOld = (sinceMs: number): boolean => performance.now() - sinceMs > decisionHoldsMs;

/**
 * What was decided still holds. A body may come slowly, a session take 20 seconds to open and a tool list 40 to read, as
 * client or server likes, and meanwhile the human revokes the agent or an admin changes the policy. So past half a second
 * all of it is decided once more, with the policy, the consent and the decision point of now. The limits of the policy are
 * left alone: it is one call. What the decision point itself takes does not make a decision old, or a slow one would be
 * asked for ever. Throws what the steps it repeats throw, and GatewayError DECISION_UNAVAILABLE.
 *
 * After this, a call waits for its own record and perhaps for the human's token at the server. It is on record as it was
 * decided by then, and the watch on calls under way ends it when its consent does (see `call-watch.ts`).
 */
export function decideAgain(exchange: Decided, deps: McpDeps): Partial<Standing> | Promise<Standing> {
  return isOld(exchange.receivedMs) ? decide(exchange, deps) : {};
}

async function decide(exchange: Decided, deps: McpDeps): Promise<Standing> {
  for (let round = 0; round < roundsMax; round += 1) {
    const { host, grants } = await readConsents(exchange.grant.connectionId, deps);
    const grant = grants.find(({ id }) => id === exchange.grant.id);
    const holds = standing(host, grant, deps.clock());
    const { message } = exchange;
    if (message === undefined) return holds;
    const asking = { ...exchange, ...holds, message };
    checkMethod(asking);
    await authorize(asking, deps);
    await authorizeOpening(asking, deps);
    const definitionMs = performance.now();
    await checkDefinition(asking, deps);
    awaitApproval(asking);
    if (!isOld(definitionMs)) return holds;
  }
  const sentence = "The MCP server takes so long to list its tools that the call could not be decided. Try again.";
  throw new GatewayError("DECISION_UNAVAILABLE", { sentence });
}
