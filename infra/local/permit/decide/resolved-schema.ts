import type { ActionRow, ResourceRow, RoleRow } from "../state/rows.ts";

/** A role with all that follows from having it. */
export interface ResolvedRole {
  /** Empty for a role in a tenant. */
  readonly type: string;
  readonly key: string;
  /** With those of the roles it extends: action keys, `type:action` for a role in a tenant. */
  readonly permissions: ReadonlySet<string>;
  /** What it gives on objects that its instance is related to, by relation. */
  readonly gives: ReadonlyMap<string, readonly Derived[]>;
  /** What gives it, by relation. */
  readonly givenBy: ReadonlyMap<string, readonly Derived[]>;
}

/** One derivation, seen from one of its ends: the role at the other end. */
export interface Derived {
  readonly role: ResolvedRole;
  /** Switched off where the user has any role assigned on the object. */
  readonly blockable: boolean;
}

/** A resource type with its roles. */
export interface ResolvedType {
  readonly key: string;
  readonly actions: ReadonlySet<string>;
  readonly roles: ReadonlyMap<string, ResolvedRole>;
  /** By action. */
  readonly allowing: ReadonlyMap<string, Allowing>;
}

/** The roles of a type that allow an action. */
export interface Allowing {
  readonly roles: readonly ResolvedRole[];
  /** They and all roles of any type from which derivations lead to them. */
  readonly leading: ReadonlySet<ResolvedRole>;
}

/** Types by key and the roles of the tenant level, with everything that decisions ask about them worked out before. */
export interface ResolvedSchema {
  readonly types: ReadonlyMap<string, ResolvedType>;
  readonly tenantRoles: ReadonlyMap<string, ResolvedRole>;
}

/**
 * The permissions of a role with those it inherits through `extends`, which adds permissions only: a role does not
 * count as the roles it extends where a derivation asks for one. Ends on circles of `extends`.
 */
function inherited(roles: ReadonlyMap<string, RoleRow>, role: RoleRow): ReadonlySet<string> {
  const permissions = new Set<string>();
  const seen = new Set<string>();
  const work = [role.key];
  for (let key = work.pop(); key !== undefined; key = work.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    const each = roles.get(key);
    for (const permission of each?.permissions ?? []) permissions.add(permission);
    work.push(...(each?.extends ?? []));
  }
  return permissions;
}

function append<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}

function leadingTo(roles: readonly ResolvedRole[]): ReadonlySet<ResolvedRole> {
  // A Set is walked in the order of its growth, so that what is added meanwhile is walked as well.
  const leading = new Set(roles);
  for (const role of leading)
    for (const derived of role.givenBy.values()) for (const each of derived) leading.add(each.role);
  return leading;
}

interface OpenRole extends ResolvedRole {
  readonly gives: Map<string, Derived[]>;
  readonly givenBy: Map<string, Derived[]>;
}

/** Works out a schema. Rules that name what does not exist give nothing. */
export function resolveSchema(
  resources: Iterable<ResourceRow>,
  actions: Iterable<ActionRow>,
  roles: Iterable<RoleRow>,
): ResolvedSchema {
  const rows = new Map<string, Map<string, RoleRow>>();
  for (const role of roles) {
    const type = role.resource ?? "";
    rows.set(type, (rows.get(type) ?? new Map()).set(role.key, role));
  }
  const open = new Map<string, Map<string, OpenRole>>();
  for (const [type, ofType] of rows) {
    const resolved = [...ofType.values()].map((row) => {
      const role = { type, key: row.key, permissions: inherited(ofType, row), gives: new Map(), givenBy: new Map() };
      return [row.key, role] as const;
    });
    open.set(type, new Map(resolved));
  }
  for (const [type, ofType] of rows) {
    for (const { key, granted_to } of ofType.values()) {
      const role = open.get(type)?.get(key);
      if (role === undefined || granted_to === null) continue;
      for (const rule of granted_to.rules) {
        const source = open.get(rule.on_resource)?.get(rule.role);
        if (source === undefined) continue;
        const blockable = granted_to.no_direct_roles_on_object || rule.no_direct_roles_on_object;
        append(role.givenBy, rule.linked_by_relation, { role: source, blockable });
        append(source.gives, rule.linked_by_relation, { role, blockable });
      }
    }
  }
  const actionKeys = new Map<string, string[]>();
  for (const { resource, key } of actions) append(actionKeys, resource, key);
  const types = new Map<string, ResolvedType>();
  for (const { key } of resources) {
    const ofType = open.get(key) ?? new Map<string, OpenRole>();
    const allowing = new Map<string, ResolvedRole[]>();
    for (const role of ofType.values()) for (const action of role.permissions) append(allowing, action, role);
    types.set(key, {
      key,
      actions: new Set(actionKeys.get(key)),
      roles: ofType,
      allowing: new Map([...allowing].map(([action, roles]) => [action, { roles, leading: leadingTo(roles) }])),
    });
  }
  return { types, tenantRoles: open.get("") ?? new Map() };
}
