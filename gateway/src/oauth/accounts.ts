import { canonicalEmail } from "@permit-mcp-gateway/policies";
import type { AuthContext } from "better-auth";

/** Accounts of humans, by the library's own ways of keeping them. */
export interface Accounts {
  /** Undefined when the address has no account. */
  idOf(email: string): Promise<string | undefined>;
  /** The address of the account that a link to choose a new password is for; undefined when the link is not good. */
  emailOfResetToken(token: string): Promise<string | undefined>;
  hasPassword(userId: string): Promise<boolean>;
  /** Sets or replaces the password, and ends every session but the one with this token. */
  setPassword(userId: string, password: string, keepSessionToken: string): Promise<void>;
}

export function createAccounts({
  internalAdapter,
  password: passwords,
}: Pick<AuthContext, "internalAdapter" | "password">): Accounts {
  return {
    idOf: async (email) => (await internalAdapter.findUserByEmail(canonicalEmail(email)))?.user.id,
    emailOfResetToken: async (token) => {
      const found = await internalAdapter.findVerificationValue(`reset-password:${token}`);
      if (found === null || found.expiresAt < new Date()) return undefined;
      return (await internalAdapter.findUserById(found.value))?.email;
    },
    hasPassword: async (userId) => {
      const account = await internalAdapter.findCredentialAccount(userId);
      return typeof account?.password === "string";
    },
    setPassword: async (userId, password, keepSessionToken) => {
      const hash = await passwords.hash(password);
      if ((await internalAdapter.findCredentialAccount(userId)) === null) {
        const account = { userId, providerId: "credential", accountId: userId, password: hash };
        await internalAdapter.createAccount(account);
      } else {
        await internalAdapter.updatePassword(userId, hash);
      }
      const sessions = await internalAdapter.listSessions(userId);
      const others = sessions.map(({ token }) => token).filter((token) => token !== keepSessionToken);
      if (others.length > 0) await internalAdapter.deleteSessions(others);
    },
  };
}
