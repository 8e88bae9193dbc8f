/**
 * The rules of the MCP path, in order. The order is the security argument: who asks is known before anything is read,
 * what is asked before it is decided, what was decided holds when it is recorded, and the decision is on record before the
 * upstream hears of it (of a low tool: before the client has the answer).
 */
import { chain } from "./chain.ts";
import type { Called, Entered, WithGrant, WithMessage } from "./exchange.ts";
import { authenticate } from "./steps/authenticate.ts";
import { authorize } from "./steps/authorize.ts";
import { authorizeOpening } from "./steps/authorize-opening.ts";
import { awaitApproval } from "./steps/await-approval.ts";
import { checkAddress } from "./steps/check-address.ts";
import { checkCallRate } from "./steps/check-call-rate.ts";
import { checkDefinition } from "./steps/check-definition.ts";
import { checkGrant } from "./steps/check-grant.ts";
import { checkHeaders } from "./steps/check-headers.ts";
import { checkMethod } from "./steps/check-method.ts";
import { checkOrigin } from "./steps/check-origin.ts";
import { checkPolicy } from "./steps/check-policy.ts";
import { decideAgain } from "./steps/decide-again.ts";
import { filterReplay, filterToolList } from "./steps/filter-tool-list.ts";
import { forward } from "./steps/forward.ts";
import { forwardSession } from "./steps/forward-session.ts";
import { loadGrants } from "./steps/load-grants.ts";
import { narrowSubscription } from "./steps/narrow-subscription.ts";
import { openSession } from "./steps/open-session.ts";
import { openUpstream } from "./steps/open-upstream.ts";
import { readBody } from "./steps/read-body.ts";
import { record } from "./steps/record.ts";
import { resolveServer } from "./steps/resolve-server.ts";
import { sessionHeaders } from "./steps/session-headers.ts";

/** Every request to `/mcp` or `/mcp/{server}`: who asks. */
export const callerSteps = chain()
  .step(checkOrigin)
  // The address before the token: a token is good for one address only (RFC 8707).
  .step(checkAddress)
  .step(authenticate)
  .step(loadGrants);

/** `POST`: who asks, and the body. */
export const entrySteps = callerSteps.step(readBody);

/** Each message of the body to one server, by itself: a batch is no way around any of them. */
export const messageSteps = chain<Entered & WithGrant & WithMessage>()
  .step(resolveServer)
  // After the body, so that the record of a call that a revoked agent tried names the tool.
  .step(checkGrant)
  .step(checkPolicy)
  // Before the method: which status says that a method is not there depends on the revision.
  .step(checkHeaders)
  .step(checkMethod)
  .step(openSession)
  // Before the decision point is asked: an agent in a loop is not to keep it busy.
  .step(checkCallRate)
  .step(authorize)
  .step(authorizeOpening)
  .step(openUpstream)
  .step(checkDefinition)
  .step(awaitApproval)
  // After all that waits for others, and before the record: what it says was so then.
  .step(decideAgain)
  .step(record)
  .step(narrowSubscription)
  .step(filterToolList)
  .step(forward);

/** `GET` (stream of server messages) and `DELETE` (end of session), revisions 2025-03-26 to 2025-11-25. */
export const sessionSteps = chain<Called & WithGrant>()
  .step(resolveServer)
  .step(checkGrant)
  .step(checkPolicy)
  .step(sessionHeaders)
  .step(openSession)
  // Where a client has several servers, the gateway joins their streams again long after it was asked.
  .step(decideAgain)
  .step(filterReplay)
  .step(forwardSession);
