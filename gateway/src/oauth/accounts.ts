import { canonicalEmail } from "@permit-mcp-gateway/policies";
import type { AuthContext } from "better-auth";
import type { AccountFact, AccountLog } from "./account-log.ts";

/** Accounts of humans, by the library's own ways of keeping them. */
export interface Accounts {
  /** Undefined when the address has no account. */
  idOf(email: string): Promise<string | undefined>;
  /** The account that a link to choose a new password is for; undefined when the link is not good. */
  ofResetToken(token: string): Promise<{ readonly userId: string; readonly email: string } | undefined>;
  /** Ends every link to choose a new password of this account. */
  endResetLinks(userId: string): Promise<void>;
  hasPassword(userId: string): Promise<boolean>;
  /** Sets or replaces the password, ends every session but the one with this token, and notes each of that. */
  setPassword(
    userId: string,
    password: string,
    occasion: AccountFact & { readonly keepSessionToken: string },
  ): Promise<void>;
}

export function createAccounts(
  { adapter, internalAdapter, password: passwords }: Pick<AuthContext, "adapter" | "internalAdapter" | "password">,
  accountLog: AccountLog,
): Accounts {
  return {
    idOf: async (email) => (await internalAdapter.findUserByEmail(canonicalEmail(email)))?.user.id,
    ofResetToken: async (token) => {
      const found = await internalAdapter.findVerificationValue(`reset-password:${token}`);
      if (found === null || found.expiresAt < new Date()) return undefined;
      const user = await internalAdapter.findUserById(found.value);
      return user === null ? undefined : { userId: user.id, email: user.email };
    },
    endResetLinks: async (userId) => {
      // The library keeps them under a digest, so they are found by what they are for; nothing else has it as its value.
      await adapter.deleteMany({ model: "verification", where: [{ field: "value", value: userId }] });
    },
    hasPassword: async (userId) => {
      const account = await internalAdapter.findCredentialAccount(userId);
      return typeof account?.password === "string";
    },
    setPassword: async (userId, password, { keepSessionToken, human, request }) => {
      const hash = await passwords.hash(password);
      const isFirst = (await internalAdapter.findCredentialAccount(userId)) === null;
      if (isFirst) {
        const account = { userId, providerId: "credential", accountId: userId, password: hash };
        await internalAdapter.createAccount(account);
      } else {
        await internalAdapter.updatePassword(userId, hash);
      }
      accountLog.changed(isFirst ? "PASSWORD_CHOSEN" : "PASSWORD_RESET", { human, request });
      const sessions = await internalAdapter.listSessions(userId);
      const others = sessions.filter(({ token }) => token !== keepSessionToken);
      if (others.length > 0) await internalAdapter.deleteSessions(others.map(({ token }) => token));
      const now = new Date();
      for (const { expiresAt } of others)
        if (expiresAt > now) accountLog.signedOut("PASSWORD_CHANGED", { human, request });
    },
  };
}
