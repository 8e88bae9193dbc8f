import type { BetterAuthOptions } from "better-auth";
import type { AccountLog, signOuts } from "./account-log.ts";
import { markedRequest } from "./recorded-request.ts";

/** Endpoints of the library that end sessions, and why. */
const endingPaths = new Map<string, keyof typeof signOuts>([
  ["/sign-out", "SIGNED_OUT"],
  ["/reset-password", "PASSWORD_CHANGED"],
  ["/change-password", "PASSWORD_CHANGED"],
]);

type DatabaseHooks = NonNullable<BetterAuthOptions["databaseHooks"]>;

/**
 * Hooks of the library by which no account comes about and no session is ended in a request without a record, whatever
 * endpoint does it. The accounts that `sso-plugins.ts` makes go past them and are noted there.
 */
export function accountHooks(accountLog: AccountLog) {
  return {
    user: {
      create: {
        after: async ({ email }, context) => {
          const request = context?.request === undefined ? undefined : markedRequest(context.request);
          accountLog.changed("ACCOUNT_CREATED", { human: email, request });
        },
      },
    },
    session: {
      delete: {
        after: async ({ userId, expiresAt }, context) => {
          // Outside of a request it is `accounts.ts` that ends it, and notes it.
          if (context?.request === undefined) return;
          // What has expired was over before: the library only clears it away.
          if (expiresAt <= new Date()) return;
          const user = await context.context.internalAdapter.findUserById(userId);
          if (user === null) return;
          const code = endingPaths.get(context.path) ?? "SESSION_REVOKED";
          accountLog.signedOut(code, { human: user.email, request: markedRequest(context.request) });
        },
      },
    },
  } satisfies DatabaseHooks;
}
