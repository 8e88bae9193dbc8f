import { z } from "zod";
import { duplicate, invalid, notFound } from "../state/api-error.ts";
import { type EnvironmentState, ref } from "../state/environment.ts";
import type { Derivation, DerivationRule, RoleRow } from "../state/rows.ts";
import { findResource } from "./find-resource.ts";
import { findRelation } from "./relations.ts";

const settingsSchema = z.strictObject({ no_direct_roles_on_object: z.boolean().default(false) });

export const derivationRuleSchema = z.strictObject({
  role: z.string(),
  on_resource: z.string(),
  linked_by_relation: z.string(),
  when: settingsSchema.nullish(),
});
export const derivationSchema = z.strictObject({
  when: settingsSchema.nullish(),
  users_with_role: z.array(derivationRuleSchema).default([]),
});
export const derivationSettingsSchema = settingsSchema;

type RuleInput = z.infer<typeof derivationRuleSchema>;

/**
 * Checks one rule against the schema of the environment. Throws 404 for an unknown type, role or relation, 400
 * MISMATCH_RELATION_TYPE when the relation's subjects are of another type: such a rule could never hold.
 */
function resolveRule(env: EnvironmentState, resource: string, input: RuleInput): DerivationRule {
  const onResource = findResource(env, input.on_resource).key;
  const byId = env.roles.byId(input.role);
  const role = byId?.resource === onResource ? byId : env.roles.byKey(ref(onResource, input.role));
  if (role === undefined) throw notFound("Role", ref(onResource, input.role));
  const relation = findRelation(env, resource, input.linked_by_relation);
  if (relation.subject_resource !== onResource) {
    throw invalid(
      `Relation '${relation.key}' of '${resource}' has subjects of type '${relation.subject_resource}', not '${onResource}'.`,
      "MISMATCH_RELATION_TYPE",
    );
  }
  return {
    role: role.key,
    on_resource: onResource,
    linked_by_relation: relation.key,
    no_direct_roles_on_object: input.when?.no_direct_roles_on_object ?? false,
  };
}

function sameRule(a: DerivationRule, b: DerivationRule): boolean {
  return a.role === b.role && a.on_resource === b.on_resource && a.linked_by_relation === b.linked_by_relation;
}

/** Makes `input` the whole derivation of a role. Rules named twice count once. */
export function setDerivation(
  env: EnvironmentState,
  role: RoleRow,
  resource: string,
  input: z.infer<typeof derivationSchema> | null,
): RoleRow {
  if (input === null) return env.roles.put({ ...role, granted_to: null });
  const rules: DerivationRule[] = [];
  for (const rule of input.users_with_role.map((each) => resolveRule(env, resource, each))) {
    if (!rules.some((known) => sameRule(known, rule))) rules.push(rule);
  }
  const granted_to: Derivation = {
    id: role.granted_to?.id ?? env.effects.newId(),
    no_direct_roles_on_object: input.when?.no_direct_roles_on_object ?? false,
    rules,
  };
  return env.roles.put({ ...role, granted_to });
}

function derivationOf(env: EnvironmentState, role: RoleRow): Derivation {
  return role.granted_to ?? { id: env.effects.newId(), no_direct_roles_on_object: false, rules: [] };
}

/** Adds one rule to a role. Throws 404, 400 and, when the role has the rule, 409. */
export function addRule(env: EnvironmentState, role: RoleRow, resource: string, input: RuleInput): DerivationRule {
  const rule = resolveRule(env, resource, input);
  const derivation = derivationOf(env, role);
  if (derivation.rules.some((known) => sameRule(known, rule))) {
    throw duplicate("Derivation", `${rule.on_resource}#${rule.role} over ${rule.linked_by_relation}`);
  }
  env.roles.put({
    ...role,
    granted_to: { ...derivation, rules: [...derivation.rules, rule] },
    updated_at: env.effects.now(),
  });
  return rule;
}

/** Removes one rule of a role. Throws 404 when it has no such rule. */
export function removeRule(env: EnvironmentState, role: RoleRow, resource: string, input: RuleInput): void {
  const rule = resolveRule(env, resource, input);
  const derivation = derivationOf(env, role);
  const rules = derivation.rules.filter((known) => !sameRule(known, rule));
  if (rules.length === derivation.rules.length) {
    throw notFound("Derivation", `${rule.on_resource}#${rule.role} over ${rule.linked_by_relation}`);
  }
  env.roles.put({ ...role, granted_to: { ...derivation, rules }, updated_at: env.effects.now() });
}

/** Sets the condition that counts for all rules of a role. */
export function setDerivationSettings(
  env: EnvironmentState,
  role: RoleRow,
  settings: z.infer<typeof derivationSettingsSchema>,
): void {
  env.roles.put({ ...role, granted_to: { ...derivationOf(env, role), ...settings }, updated_at: env.effects.now() });
}

/** `DerivedRoleRuleRead` of the API description; `resource` is the type whose role is derived. */
export function readRule(env: EnvironmentState, resource: string, rule: DerivationRule): object {
  return {
    role: rule.role,
    on_resource: rule.on_resource,
    linked_by_relation: rule.linked_by_relation,
    when: { no_direct_roles_on_object: rule.no_direct_roles_on_object },
    role_id: env.roles.byKey(ref(rule.on_resource, rule.role))?.id,
    resource_id: env.resources.byKey(rule.on_resource)?.id,
    relation_id: env.relations.byKey(ref(resource, rule.linked_by_relation))?.id,
  };
}

/** `DerivedRoleBlockRead` of the API description. */
export function readDerivation(env: EnvironmentState, resource: string, derivation: Derivation | null): object | null {
  if (derivation === null) return null;
  return {
    id: derivation.id,
    when: { no_direct_roles_on_object: derivation.no_direct_roles_on_object },
    users_with_role: derivation.rules.map((rule) => readRule(env, resource, rule)),
  };
}
