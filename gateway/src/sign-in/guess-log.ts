import type { FastifyBaseLogger } from "fastify";
import type { AttemptStore } from "../deps/attempts.ts";
import type { RecordedRequest } from "../deps/audit-records.ts";
import { digest } from "../digest.ts";
import type { AccountLog } from "../oauth/account-log.ts";
import type { Accounts } from "../oauth/accounts.ts";

/** How often guesses at one secret of an account are on record: whoever goes on must not fill the log. */
const intervalSeconds = 15 * 60;

/** Puts on record that an account is guessed at. */
export interface GuessLog {
  /**
   * An attempt was refused because there were too many. Returns at once, whether the address has an account or not: the
   * answer, and how long it takes, must not tell.
   */
  refused(method: "password" | "otp", email: string, request: RecordedRequest): void;
  /** Resolves when what was refused until now is noted. */
  settled(): Promise<void>;
}

export function createGuessLog({
  store,
  accounts,
  accountLog,
  log,
}: {
  readonly store: AttemptStore;
  readonly accounts: Pick<Accounts, "idOf">;
  readonly accountLog: AccountLog;
  readonly log: FastifyBaseLogger;
}): GuessLog {
  const pending = new Set<Promise<void>>();

  const record = async (method: "password" | "otp", email: string, request: RecordedRequest) => {
    // An address without one may be anything that was typed, a password in the wrong field included.
    if ((await accounts.idOf(email)) === undefined) return;
    const key = digest(JSON.stringify(["on record", method, email]));
    if ((await store.take({ key, max: 1, windowSeconds: intervalSeconds })) !== undefined) return;
    accountLog.guessedAt(method, { human: email, request });
  };
  return {
    refused: (method, email, request) => {
      const promise: Promise<void> = record(method, email, request)
        .catch((err: unknown) => log.error({ err }, "guesses at an account could not be recorded"))
        .finally(() => pending.delete(promise));
      pending.add(promise);
    },
    settled: async () => void (await Promise.all(pending)),
  };
}
