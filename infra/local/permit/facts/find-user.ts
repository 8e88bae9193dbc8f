import { notFound } from "../state/api-error.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { UserRow } from "../state/rows.ts";

/** Finds a user by id or key. Throws 404. */
export function findUser(env: EnvironmentState, idOrKey: string): UserRow {
  const user = env.users.byId(idOrKey) ?? env.users.byKey(idOrKey);
  if (user === undefined) throw notFound("User", idOrKey);
  return user;
}
