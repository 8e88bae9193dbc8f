import fc from "fast-check";
import { expect, test } from "vitest";
import type { Derivation, DerivationRule } from "../state/rows.ts";
import { instanceRoles } from "./instance-roles.ts";
import type { PolicyIndex } from "./policy-index.ts";

const types = ["a", "b"];
const roles = ["r", "s"];
const relations = ["l", "m"];
const instances = types.flatMap((type) => ["1", "2", "3"].map((key) => `${type}:${key}`));

interface World {
  readonly assignments: readonly {
    readonly role: string;
    readonly tenant: string;
    readonly resource_instance: string;
  }[];
  readonly tuples: readonly { readonly subject: string; readonly relation: string; readonly object: string }[];
  /** By `type role`. */
  readonly derivations: ReadonlyMap<string, Derivation>;
  readonly tenants: ReadonlyMap<string, string>;
}

const ruleArbitrary: fc.Arbitrary<DerivationRule> = fc.record({
  role: fc.constantFrom(...roles),
  on_resource: fc.constantFrom(...types),
  linked_by_relation: fc.constantFrom(...relations),
  no_direct_roles_on_object: fc.boolean(),
});
const derivationArbitrary: fc.Arbitrary<Derivation> = fc.record({
  id: fc.constant("id"),
  no_direct_roles_on_object: fc.boolean(),
  rules: fc.array(ruleArbitrary, { maxLength: 4 }),
});
const instance = fc.constantFrom(...instances);
const worldArbitrary: fc.Arbitrary<World> = fc.record({
  assignments: fc.array(
    fc.record({ role: fc.constantFrom(...roles), tenant: fc.constant("t"), resource_instance: instance }),
    { maxLength: 4 },
  ),
  tuples: fc.array(fc.record({ subject: instance, relation: fc.constantFrom(...relations), object: instance }), {
    maxLength: 12,
  }),
  derivations: fc
    .tuple(derivationArbitrary, derivationArbitrary, derivationArbitrary, derivationArbitrary)
    .map(
      (four) =>
        new Map(
          types
            .flatMap((type) => roles.map((role) => `${type} ${role}`))
            .map((key, i) => [key, four[i % 4] as Derivation]),
        ),
    ),
  tenants: fc
    .array(fc.constantFrom("t", "t", "t", "u"), { minLength: 6, maxLength: 6 })
    .map((tenants) => new Map(instances.map((each, i) => [each, tenants[i] ?? "t"]))),
});

function indexOf(world: World): PolicyIndex {
  return {
    assignmentsOf: () => world.assignments,
    relationsFrom: (subject) => world.tuples.filter((tuple) => tuple.subject === subject),
    rolesOf: (type) =>
      roles.map((key) => ({
        key,
        permissions: [],
        extends: [],
        granted_to: world.derivations.get(`${type} ${key}`) ?? null,
      })),
    tenantOf: (each) => world.tenants.get(each),
    hasUser: () => true,
    hasTenant: () => true,
    hasType: () => true,
    hasAction: () => true,
  };
}

/** Permit's definition as it is written down: backwards from the object, recursive, a path as the guard against circles. */
function rolesOn(world: World, object: string, path: readonly string[]): ReadonlySet<string> {
  if (path.includes(object) || world.tenants.get(object) !== "t") return new Set();
  const direct = world.assignments.filter((each) => each.resource_instance === object).map(({ role }) => role);
  const found = new Set(direct);
  for (const role of roles) {
    const derivation = world.derivations.get(`${object.slice(0, 1)} ${role}`);
    if (derivation === undefined || (derivation.no_direct_roles_on_object && direct.length > 0)) continue;
    for (const rule of derivation.rules) {
      if (rule.no_direct_roles_on_object && direct.length > 0) continue;
      for (const { subject, relation } of world.tuples.filter((tuple) => tuple.object === object)) {
        if (relation !== rule.linked_by_relation || !subject.startsWith(`${rule.on_resource}:`)) continue;
        if (rolesOn(world, subject, [...path, object]).has(rule.role)) found.add(role);
      }
    }
  }
  return found;
}

/** The least set closed under the rules, found by trying every rule on every tuple until nothing is added. */
function closure(world: World): ReadonlySet<string> {
  const inTenant = (each: string) => world.tenants.get(each) === "t";
  const direct = world.assignments.filter((each) => inTenant(each.resource_instance));
  const found = new Set(direct.map((each) => `${each.resource_instance} ${each.role}`));
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const { subject, relation, object } of world.tuples) {
      if (!inTenant(subject) || !inTenant(object)) continue;
      const blocked = direct.some((each) => each.resource_instance === object);
      for (const role of roles) {
        const derivation = world.derivations.get(`${object.slice(0, 1)} ${role}`);
        if (derivation === undefined || (blocked && derivation.no_direct_roles_on_object)) continue;
        for (const rule of derivation.rules) {
          if (blocked && rule.no_direct_roles_on_object) continue;
          if (rule.linked_by_relation !== relation || !subject.startsWith(`${rule.on_resource}:`)) continue;
          if (found.has(`${subject} ${rule.role}`)) found.add(`${object} ${role}`);
        }
      }
    }
  }
  return found;
}

function found(world: World): ReadonlySet<string> {
  const answer = new Set<string>();
  for (const [resource, sources] of instanceRoles(indexOf(world), "user", "t")) {
    for (const role of sources.keys()) answer.add(`${resource} ${role}`);
  }
  return answer;
}

test("finds exactly the least set that the rules close", () => {
  fc.assert(
    fc.property(worldArbitrary, (world) => {
      expect([...found(world)].toSorted()).toEqual([...closure(world)].toSorted());
    }),
    { numRuns: 500 },
  );
});

test("finds everything that the recursive definition finds, and nothing else where tuples make no circle", () => {
  fc.assert(
    fc.property(worldArbitrary, fc.boolean(), (any, circles) => {
      // Instances are ordered, and a tuple that goes up only makes no circle.
      const world = circles ? any : { ...any, tuples: any.tuples.filter(({ subject, object }) => subject < object) };
      const answer = found(world);
      for (const each of instances) {
        const expected = [...rolesOn(world, each, [])].map((role) => `${each} ${role}`);
        const actual = [...answer].filter((key) => key.startsWith(`${each} `));
        if (circles) expect(actual).toEqual(expect.arrayContaining(expected));
        else expect(actual.toSorted()).toEqual(expected.toSorted());
      }
    }),
    { numRuns: 500 },
  );
});
