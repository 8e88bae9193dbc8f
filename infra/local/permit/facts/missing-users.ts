import { invalid } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import { userKeySchema } from "../state/keys.ts";
import { createUser } from "./users.ts";

/** What a bulk call does with role assignments of users that there are not: `MissingUserPolicy` of the API description. */
export const missingUserPolicies = ["fail", "ignore", "create"] as const;

/** The assignments that are left by the policy; with `create` their users are made. Throws 400 for a key no user can have. */
export function meetMissingUsers<A extends { readonly user: string }>(
  env: EnvironmentState,
  assignments: readonly A[],
  policy: (typeof missingUserPolicies)[number],
): readonly A[] {
  if (policy === "fail") return assignments;
  const isMissing = (user: string) => (env.users.byId(user) ?? env.users.byKey(user)) === undefined;
  if (policy === "ignore") return assignments.filter(({ user }) => !isMissing(user));
  for (const { user } of assignments) {
    if (!isMissing(user)) continue;
    if (!userKeySchema.safeParse(user).success) throw invalid(`'${user}' can't be the key of a user.`);
    createUser(env, { key: user });
  }
  return assignments;
}
