import fc from "fast-check";
import { expect, test } from "vitest";
import { EnvironmentState, ref, typeOf } from "../state/environment.ts";
import { Journal } from "../state/journal.ts";
import type { Attributes, Derivation, DerivationRule } from "../state/rows.ts";
import { authorizedUsers } from "./authorized-users.ts";
import { decide } from "./decide.ts";
import type { DecisionIndex } from "./decision-index.ts";
import type { DecisionQuery } from "./decision-query.ts";
import { rolesOn } from "./instance-roles.ts";
import { userPermissions } from "./user-permissions.ts";

const types = ["a", "b"];
const roles = ["r", "s", "x"];
const actions = ["read", "write"];
const relations = ["l", "m"];
const users = ["u", "v"];
const tenants = ["t", "w"];
const instances = types.flatMap((type) => ["1", "2", "3"].map((key) => ref(type, key)));
const userSets = ["us1", "us2"];
const resourceSets = ["rs1", "rs2"];

/** Everything as plain lists, the way a person would write it down. */
interface World {
  readonly roles: readonly {
    readonly type: string;
    readonly key: string;
    readonly permissions: readonly string[];
    readonly extends: readonly string[];
    readonly granted_to: Derivation | null;
  }[];
  readonly users: readonly { readonly key: string; readonly attributes: Attributes }[];
  readonly instances: readonly { readonly ref: string; readonly tenant: string; readonly attributes: Attributes }[];
  readonly assignments: readonly {
    readonly user: string;
    readonly role: string;
    readonly tenant: string;
    readonly on: string | null;
  }[];
  readonly tuples: readonly { readonly subject: string; readonly relation: string; readonly object: string }[];
  readonly sets: readonly {
    readonly key: string;
    readonly level: number;
    readonly resource: string | null;
    readonly parent: string | null;
  }[];
  readonly rules: readonly { readonly userSet: string; readonly permission: string; readonly resourceSet: string }[];
}

const some = fc.constantFrom;
const level = fc.integer({ min: 0, max: 2 }).map((value): Attributes => ({ level: value }));
const ruleArbitrary: fc.Arbitrary<DerivationRule> = fc.record({
  role: some(...roles),
  on_resource: some(...types),
  linked_by_relation: some(...relations),
  no_direct_roles_on_object: fc.boolean(),
});
const derivation = fc.option(
  fc.record({
    id: fc.constant("id"),
    no_direct_roles_on_object: fc.boolean(),
    rules: fc.array(ruleArbitrary, { maxLength: 4 }),
  }),
);
const roleArbitrary = (type: string, key: string) =>
  fc.record({
    type: fc.constant(type),
    key: fc.constant(key),
    permissions:
      type === ""
        ? fc.uniqueArray(some(...types.flatMap((each) => actions.map((action) => ref(each, action)))), { maxLength: 2 })
        : fc.uniqueArray(some(...actions), { maxLength: 1 }),
    extends: fc.uniqueArray(some(...roles), { maxLength: 2 }),
    granted_to: type === "" ? fc.constant(null) : derivation,
  });
const permission = some(...types.flatMap((type) => actions.map((action) => ref(type, action))));
/** A role on an instance is a role in the instance's tenant: the control plane sees to that. */
function inOwnTenant(w: World): World {
  const assignments = w.assignments.map((each) => {
    return { ...each, tenant: w.instances.find(({ ref: name }) => name === each.on)?.tenant ?? each.tenant };
  });
  return { ...w, assignments };
}
const world: fc.Arbitrary<World> = fc
  .record({
    roles: fc.tuple(...["", ...types].flatMap((type) => roles.map((key) => roleArbitrary(type, key)))),
    users: fc
      .uniqueArray(fc.record({ key: some(...users), attributes: level }), { selector: ({ key }) => key })
      .filter((list) => list.length > 0),
    instances: fc.tuple(
      ...instances.map((each) =>
        fc.record({ ref: fc.constant(each), tenant: some("t", "t", "t", "w"), attributes: level }),
      ),
    ),
    assignments: fc.uniqueArray(
      fc.record({
        user: some(...users),
        role: some(...roles),
        tenant: some(...tenants),
        on: fc.option(some(...instances), { freq: 5 }),
      }),
      { maxLength: 6, selector: ({ user, role, tenant, on }) => `${user} ${role} ${on ?? tenant}` },
    ),
    tuples: fc.uniqueArray(
      fc.record({ subject: some(...instances), relation: some(...relations), object: some(...instances) }),
      { maxLength: 12, selector: (each) => JSON.stringify(each) },
    ),
    sets: fc
      .array(
        fc.record({
          level: fc.integer({ min: 0, max: 2 }),
          resource: fc.option(some(...types)),
          child: fc.boolean(),
        }),
        { minLength: 4, maxLength: 4 },
      )
      .map((four) =>
        [...userSets, ...resourceSets].map((key, at) => ({
          key,
          level: four[at]?.level ?? 0,
          resource: key.startsWith("u") ? null : (four[at]?.resource ?? null),
          parent: key.endsWith("2") && four[at]?.child === true ? key.replace("2", "1") : null,
        })),
      ),
    rules: fc.uniqueArray(fc.record({ userSet: some(...userSets), permission, resourceSet: some(...resourceSets) }), {
      maxLength: 2,
      selector: (each) => JSON.stringify(each),
    }),
  })
  .map(inOwnTenant);

/** Roles of a user on instances as `instance role`: every rule tried on every tuple until nothing is added. */
function closure(w: World, user: string, tenant: string): ReadonlySet<string> {
  const inTenant = (each: string) =>
    w.instances.some((instance) => instance.ref === each && instance.tenant === tenant);
  const direct = w.assignments.filter(({ user: of, on }) => of === user && on !== null && inTenant(on));
  const found = new Set(direct.map(({ on, role }) => `${on} ${role}`));
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const { subject, relation, object } of w.tuples) {
      if (!inTenant(subject) || !inTenant(object)) continue;
      const blocked = direct.some(({ on }) => on === object);
      for (const { type, key, granted_to } of w.roles) {
        if (type !== typeOf(object) || granted_to === null) continue;
        if (blocked && granted_to.no_direct_roles_on_object) continue;
        for (const rule of granted_to.rules) {
          if (blocked && rule.no_direct_roles_on_object) continue;
          if (rule.linked_by_relation !== relation || rule.on_resource !== typeOf(subject)) continue;
          if (found.has(`${subject} ${rule.role}`)) found.add(`${object} ${key}`);
        }
      }
    }
  }
  return found;
}

/** Whether the role or any that it extends, however far, has the permission. */
function grants(w: World, type: string, key: string, wanted: string, seen: readonly string[] = []): boolean {
  if (seen.includes(key)) return false;
  const role = w.roles.find((each) => each.type === type && each.key === key);
  if (role === undefined) return false;
  if (role.permissions.includes(wanted)) return true;
  return role.extends.some((other) => grants(w, type, other, wanted, [...seen, key]));
}

function isIn(w: World, setKey: string, value: unknown, type: string | null): boolean {
  const set = w.sets.find(({ key }) => key === setKey);
  if (set === undefined || set.level !== value) return false;
  if (set.resource !== null && set.resource !== type) return false;
  return set.parent === null || isIn(w, set.parent, value, type);
}

/** The specification, engine by engine. */
function naive(w: World, { user, action, type, key, tenant = "" }: DecisionQuery): Record<string, boolean> {
  const known = w.users.some((each) => each.key === user);
  const rbac =
    known &&
    w.assignments.some(
      (each) =>
        each.user === user && each.on === null && each.tenant === tenant && grants(w, "", each.role, ref(type, action)),
    );
  const object = w.instances.find((each) => each.ref === `${type}:${key}`);
  const reached = closure(w, user, tenant);
  const rebac = known && roles.some((role) => reached.has(`${type}:${key} ${role}`) && grants(w, type, role, action));
  const userLevel = w.users.find((each) => each.key === user)?.attributes.level;
  const resourceLevel = object?.attributes.level;
  const abac =
    (object === undefined || object.tenant === tenant) &&
    w.rules.some(
      (rule) =>
        rule.permission === ref(type, action) &&
        isIn(w, rule.userSet, userLevel, type) &&
        isIn(w, rule.resourceSet, resourceLevel, type),
    );
  return { rbac, rebac, abac };
}

let ids = 0;
const stamp = () => {
  ids += 1;
  return { id: `id-${ids}`, created_at: "2026-01-01T00:00:00+00:00", updated_at: "2026-01-01T00:00:00+00:00" };
};

/** The facts of a world as rows of its tables; `shuffle` puts them in any order. */
function fill(w: World, env: EnvironmentState, order: (steps: (() => void)[]) => readonly (() => void)[]): void {
  const named = (key: string) => ({ ...stamp(), key, name: key, description: null });
  const steps = [
    ...types.map((key) => () => env.resources.put({ ...named(key), urn: null, type_attributes: null, attributes: [] })),
    ...types.flatMap((resource) =>
      actions.map((key) => () => env.actions.put({ ...named(key), resource, attributes: null })),
    ),
    ...tenants.map((key) => () => env.tenants.put({ ...named(key), attributes: null })),
    ...w.roles.map(({ type, ...role }) => () => {
      return env.roles.put({ ...named(role.key), resource: type === "" ? null : type, attributes: null, ...role });
    }),
    ...w.users.map((user) => () => {
      return env.users.put({ ...stamp(), email: null, first_name: null, last_name: null, ...user });
    }),
    ...w.instances.map(({ ref: name, tenant, attributes }) => () => {
      const resource = typeOf(name);
      return env.instances.put({ ...stamp(), resource, key: name.slice(2), tenant, attributes });
    }),
    ...w.assignments.map(({ user, role, tenant, on }) => () => {
      return env.assignments.put({ ...stamp(), user, role, tenant, resource_instance: on });
    }),
    ...w.tuples.map((tuple) => () => env.tuples.put({ ...stamp(), ...tuple, tenant: "t" })),
    ...w.sets.map(({ key, level: value, resource, parent }) => () => {
      const type = key.startsWith("u") ? ("userset" as const) : ("resourceset" as const);
      const attribute = type === "userset" ? "user.level" : "resource.level";
      const conditions = { allOf: [{ [attribute]: { equals: value } }] };
      return env.conditionSets.put({ ...named(key), type, autogenerated: false, resource, conditions, parent });
    }),
    ...w.rules.map(({ userSet, permission: allowed, resourceSet }) => () => {
      return env.setRules.put({ ...stamp(), user_set: userSet, permission: allowed, resource_set: resourceSet });
    }),
  ];
  for (const step of order(steps)) step();
}

function newEnvironment(journal: Journal): EnvironmentState {
  const effects = { newId: () => "", newSecret: () => "", now: () => "" };
  return new EnvironmentState({ organization_id: "o", project_id: "p", environment_id: "e" }, journal, effects);
}

const queries: readonly DecisionQuery[] = users.flatMap((user) =>
  tenants.flatMap((tenant) =>
    types.flatMap((type) =>
      actions.flatMap((action) =>
        [undefined, "1", "2", "3"].map((key) => {
          return { user, action, type, key, tenant, userAttributes: {}, resourceAttributes: {}, context: {} };
        }),
      ),
    ),
  ),
);

/** With turns so short that either walk may end first. */
function expectSameRoles(
  w: World,
  index: DecisionIndex,
  { user, tenant = "", type, key, action }: DecisionQuery,
): void {
  const subject = index.facts.users.get(user);
  const instance = index.facts.instances.get(`${type}:${key}`);
  const allowing = index.schema.types.get(type)?.allowing.get(action);
  if (subject === undefined || instance === undefined || allowing === undefined) return;
  const sources = rolesOn(index, subject, tenant, instance, allowing.roles, allowing.leading, 1);
  const reached = closure(w, user, tenant);
  const expected = allowing.roles.map((each) => each.key).filter((role) => reached.has(`${instance.ref} ${role}`));
  expect(sources.map(({ role }) => role)).toEqual(expected);
}

function expectSame(w: World, env: EnvironmentState): void {
  const { index } = env.decisions;
  for (const query of queries) {
    expectSameRoles(w, index, query);
    const { allow, rbac, rebac, abac } = decide(index, query);
    const expected = naive(w, query);
    const why = JSON.stringify(query);
    expect({ rbac: rbac.allow, rebac: rebac?.allow ?? false, abac: abac?.allow ?? false }, why).toEqual(expected);
    expect(allow, why).toBe(expected.rbac || expected.rebac || expected.abac);
    const authorized = authorizedUsers(index, query).has(query.user);
    // A user who is not synced is allowed by attributes of the query at most, and is nobody who could be listed.
    expect(authorized, why).toBe(allow && w.users.some(({ key }) => key === query.user));
  }
  for (const user of users) {
    const listed = userPermissions(index, user, { tenants: null, resources: null, resourceTypes: null });
    const found = new Set(listed.flatMap(({ place, permissions }) => permissions.map((each) => `${place} ${each}`)));
    for (const query of queries.filter((each) => each.user === user && each.key !== undefined)) {
      const { ref: object, tenant } = w.instances.find((each) => each.ref === `${query.type}:${query.key}`) ?? {};
      if (tenant !== query.tenant) continue;
      expect(found.has(`${object} ${query.type}:${query.action}`), JSON.stringify(query)).toBe(naive(w, query).rebac);
    }
  }
}

test("decides as the plain specification does, whatever the order in which the facts arrive", () => {
  fc.assert(
    fc.property(world, fc.infiniteStream(fc.nat()), (w, random) => {
      const journal = new Journal();
      const env = newEnvironment(journal);
      const shuffled = (steps: (() => void)[]) =>
        steps
          .map((step) => [random.next().value ?? 0, step] as const)
          .toSorted(([a], [b]) => a - b)
          .map(([, step]) => step);
      journal.run(() => fill(w, env, shuffled));
      expectSame(w, env);
    }),
    { numRuns: 300 },
  );
});

function empty(env: EnvironmentState): void {
  for (const table of env.tables()) for (const row of table) table.delete(row.id);
}

test("follows deletions and replacements, not undone mutations, and keeps nothing of what is gone", () => {
  fc.assert(
    fc.property(world, world, fc.nat({ max: 5 }), (old, w, every) => {
      const journal = new Journal();
      const env = newEnvironment(journal);
      const { index } = env.decisions;
      journal.run(() => fill(old, env, (steps) => steps));
      const failing = () => {
        empty(env);
        fill(w, env, (steps) => steps);
        throw new Error("undo");
      };
      expect(() => journal.run(failing)).toThrow("undo");
      expectSame(old, env);
      const kept = <T>(_: T, at: number) => at % (every + 1) !== 0;
      journal.run(() => {
        for (const [at, row] of [...env.assignments].entries()) if (!kept(row, at)) env.assignments.delete(row.id);
        for (const [at, row] of [...env.tuples].entries()) if (!kept(row, at)) env.tuples.delete(row.id);
        for (const user of env.users) env.users.put({ ...user, attributes: { level: 0 } });
      });
      const users = old.users.map((user) => ({ ...user, attributes: { level: 0 } }));
      expectSame({ ...old, users, assignments: old.assignments.filter(kept), tuples: old.tuples.filter(kept) }, env);
      journal.run(() => empty(env));
      const left = [index.facts.users.size, index.facts.instances.size, index.tenants.size, index.schema.types.size];
      expect([...left, index.facts.related, index.abac.active]).toEqual([0, 0, 0, 0, false, false]);
      journal.run(() => fill(w, env, (steps) => steps));
      expectSame(w, env);
    }),
    { numRuns: 100 },
  );
});
