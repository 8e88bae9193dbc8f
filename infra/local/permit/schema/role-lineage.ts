import { type EnvironmentState, ref } from "../state/environment.ts";
import type { RoleRow } from "../state/rows.ts";

/** Follows `next` from a role to the end, each role once and the role itself never: `extends` may go in a circle. */
function walk(from: RoleRow, next: (role: RoleRow) => readonly RoleRow[]): readonly RoleRow[] {
  const found = new Map([[from.id, from]]);
  for (const role of found.values()) for (const each of next(role)) if (!found.has(each.id)) found.set(each.id, each);
  return [...found.values()].slice(1);
}

/** The roles whose permissions a role inherits: those it extends, those that they extend, and so on, nearest first. */
export function ancestorsOf(env: EnvironmentState, role: RoleRow): readonly RoleRow[] {
  return walk(role, (each) =>
    each.extends.map((key) => env.roles.byKey(ref(role.resource ?? "", key))).filter((other) => other !== undefined),
  );
}

/** The roles that inherit a role's permissions, nearest first. */
export function descendantsOf(env: EnvironmentState, role: RoleRow): readonly RoleRow[] {
  const ofType = env.roles.by("resource", role.resource ?? "");
  return walk(role, ({ key }) => ofType.filter((other) => other.extends.includes(key)));
}
