import type { EnvironmentState } from "../state/environment.ts";
import type { AssignmentRow, UserRow } from "../state/rows.ts";
import { roleId } from "./list-role-assignments.ts";

/** How `search` has to meet a user's key, e-mail address, first or last name; the case does not matter. */
export const searchOperators = ["startswith", "endswith", "contains"] as const;

const meets: Readonly<Record<(typeof searchOperators)[number], (text: string, search: string) => boolean>> = {
  startswith: (text, search) => text.startsWith(search),
  endswith: (text, search) => text.endsWith(search),
  contains: (text, search) => text.includes(search),
};

export interface UserFilter {
  /** null filters nothing. */
  readonly search: string | null;
  readonly operator: (typeof searchOperators)[number];
  /** Key or id of a role that the user must have, in a tenant or on an instance; empty: none at all. */
  readonly role: string | null;
}

/** The users among `users` that fit. */
export function filterUsers(env: EnvironmentState, users: Iterable<UserRow>, filter: UserFilter): readonly UserRow[] {
  const search = filter.search?.toLowerCase() ?? null;
  const { role } = filter;
  const isRole = (each: AssignmentRow) => each.role === role || roleId(env, each.role, each.resource_instance) === role;
  return [...users].filter((user) => {
    if (role !== null) {
      const assignments = env.assignments.by("user", user.key);
      if (role === "" ? assignments.length > 0 : !assignments.some(isRole)) return false;
    }
    if (search === null) return true;
    const texts = [user.key, user.email, user.first_name, user.last_name];
    return texts.some((text) => text !== null && meets[filter.operator](text.toLowerCase(), search));
  });
}
