import type { DecisionIndex } from "./decision-index.ts";
import type { InstanceNode, UserNode } from "./facts-graph.ts";
import type { ResolvedRole } from "./resolved-schema.ts";
import { BackwardWalk, ForwardWalk, isAssigned, type Step } from "./role-walks.ts";

/** Why a user has a role on an instance: assigned, or derived from a role on another instance. */
export interface RoleSource {
  /** `type:key` of the instance the role is on. */
  readonly resource: string;
  readonly role: string;
  readonly reason: string;
}

function assigned(user: UserNode, instance: InstanceNode, role: ResolvedRole): RoleSource {
  const { ref: resource } = instance;
  return { resource, role: role.key, reason: `user '${user.key}' has the role '${role.key}' on '${resource}'` };
}

function derived(from: Omit<Step, "from">, instance: InstanceNode, role: ResolvedRole): RoleSource {
  const { ref: resource } = instance;
  const reason = `role '${from.role.key}' on '${from.instance.ref}', which is '${from.relation}' of '${resource}', gives the role '${role.key}'`;
  return { resource, role: role.key, reason };
}

function reached(user: UserNode, { instance, role, from, relation }: Step): RoleSource {
  return from === null ? assigned(user, instance, role) : derived({ ...from, relation }, instance, role);
}

/**
 * The roles of a user on all instances of one tenant, assigned and derived through any number of steps: the least set
 * that the rules close, so that circles end. Sound because blocking (`no_direct_roles_on_object`) looks at assigned
 * roles only, never at derived ones: more roles never mean fewer.
 */
export function* instanceRoles(
  { schema }: DecisionIndex,
  user: UserNode,
  tenant: string,
): Generator<readonly [InstanceNode, readonly ResolvedRole[]]> {
  const walk = new ForwardWalk(schema, user, tenant);
  while (walk.advance());
  for (const [instance, roles] of walk.found) yield [instance, [...roles.keys()]];
}

/**
 * Which of `roles` the user has on one instance, and why.
 *
 * That is reachability: from what is assigned to the user forward, or from the role on the instance backward. Either
 * side can be huge (a server that every human is related to, an account that everything belongs to) and the other one
 * small, so the two take turns, an edge each, and whichever ends first has the answer.
 */
export function rolesOn(
  { schema }: DecisionIndex,
  user: UserNode,
  tenant: string,
  instance: InstanceNode,
  roles: readonly ResolvedRole[],
): readonly RoleSource[] {
  const sources: RoleSource[] = [];
  if (!instance.isIn(tenant)) return sources;
  const forward = new ForwardWalk(schema, user, tenant);
  for (const role of roles) {
    const source = sourceOf(forward, user, tenant, instance, role);
    if (source !== null) sources.push(source);
  }
  return sources;
}

function sourceOf(
  forward: ForwardWalk,
  user: UserNode,
  tenant: string,
  instance: InstanceNode,
  role: ResolvedRole,
): RoleSource | null {
  if (isAssigned(user, instance, role.key)) return assigned(user, instance, role);
  const known = forward.has(instance, role);
  if (known !== undefined) return reached(user, known);
  const backward = new BackwardWalk(user, tenant, instance, role);
  let met: Step | null = null;
  forward.onStep = (step) => {
    met ??= backward.has(step.instance, step.role) ?? null;
  };
  backward.onStep = (step) => {
    if (forward.has(step.instance, step.role) !== undefined || isAssigned(user, step.instance, step.role.key)) {
      met ??= step;
    }
  };
  while (met === null && forward.advance() && met === null && backward.advance());
  forward.onStep = null;
  return met === null ? null : lastStep(met, user, forward, instance, role);
}

/** The end of the way from where the two walks met to the role that was asked for. */
function lastStep(
  met: Step,
  user: UserNode,
  forward: ForwardWalk,
  instance: InstanceNode,
  role: ResolvedRole,
): RoleSource | null {
  let step = met;
  while (step.from !== null && step.from.from !== null) step = step.from;
  if (step.from !== null) return derived(step, instance, role);
  const arrived = forward.has(instance, role);
  return arrived === undefined ? null : reached(user, arrived);
}
