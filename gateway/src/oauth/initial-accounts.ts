import { canonicalEmail } from "@permit-mcp-gateway/policies";
import type { AuthContext } from "better-auth";

/** An account that the deployment vouches for. */
export interface InitialAccount {
  readonly email: string;
  readonly password: string;
}

/**
 * Makes the accounts that don't exist yet, with a verified address: the deployment gave the pair, so it has said whose
 * address it is. An account that exists is left as it is, its password too.
 */
export async function createInitialAccounts(
  { internalAdapter, password }: Pick<AuthContext, "internalAdapter" | "password">,
  accounts: readonly InitialAccount[],
): Promise<void> {
  for (const account of accounts) {
    const email = canonicalEmail(account.email);
    if ((await internalAdapter.findUserByEmail(email)) !== null) continue;
    const user = await internalAdapter.createUser(
      { email, name: email, emailVerified: true },
      { method: "email-password" },
    );
    await internalAdapter.linkAccount({
      userId: user.id,
      providerId: "credential",
      accountId: user.id,
      password: await password.hash(account.password),
    });
  }
}
