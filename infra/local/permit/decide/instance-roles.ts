import type { DecisionIndex } from "./decision-index.ts";
import type { InstanceNode, UserNode } from "./facts-graph.ts";
import type { ResolvedRole } from "./resolved-schema.ts";
import { type BackwardStep, BackwardWalk, type ForwardStep, ForwardWalk, isAssigned } from "./role-walks.ts";

/** Why a user has a role on an instance: assigned, or derived from a role on another instance. */
export interface RoleSource {
  /** `type:key` of the instance the role is on. */
  readonly resource: string;
  readonly role: string;
  readonly reason: string;
}

function sourceOf(user: UserNode, { instance, role, from, relation }: ForwardStep): RoleSource {
  const { ref: resource } = instance;
  const reason =
    from === null
      ? `user '${user.key}' has the role '${role.key}' on '${resource}'`
      : `role '${from.role.key}' on '${from.instance.ref}', which is '${relation}' of '${resource}', gives the role '${role.key}'`;
  return { resource, role: role.key, reason };
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
  const walk = new ForwardWalk(schema, user, tenant, null);
  walk.run(Number.POSITIVE_INFINITY);
  for (const [instance, steps] of walk.found) yield [instance, steps.map(({ role }) => role)];
}

/** Most decisions end within it: a human or an agent has a handful of servers. */
const enoughEdges = 64;

/**
 * Which of `roles` the user has on one instance, and why.
 *
 * That is reachability: from what is assigned to the user forward, or from the roles on the instance backward. Either
 * side can be huge (a server that every human is related to, an account that everything belongs to) and the other one
 * small, so the two take turns, each twice as long as the one before, until one has seen all that there is on its side.
 */
export function rolesOn(
  { schema }: DecisionIndex,
  user: UserNode,
  tenant: string,
  instance: InstanceNode,
  roles: readonly ResolvedRole[],
  leading: ReadonlySet<ResolvedRole>,
  firstTurnEdges = enoughEdges,
): readonly RoleSource[] {
  if (!instance.isIn(tenant)) return [];
  const forward = new ForwardWalk(schema, user, tenant, leading);
  let edges = firstTurnEdges;
  if (forward.run(edges)) return found(user, forward, instance, roles);
  const backward = new BackwardWalk(user, tenant, instance, roles);
  for (;;) {
    edges *= 2;
    if (backward.run(edges)) return sourcesOf(user, backward, instance, roles);
    edges *= 2;
    if (forward.run(edges)) return found(user, forward, instance, roles);
  }
}

function found(
  user: UserNode,
  walk: { find(instance: InstanceNode, role: ResolvedRole): ForwardStep | undefined },
  instance: InstanceNode,
  roles: readonly ResolvedRole[],
): readonly RoleSource[] {
  const sources: RoleSource[] = [];
  for (const role of roles) {
    const step = walk.find(instance, role);
    if (step !== undefined) sources.push(sourceOf(user, step));
  }
  return sources;
}

/** What the user has of all that could give the roles, and what follows from it: forward along the ways back. */
function sourcesOf(
  user: UserNode,
  backward: BackwardWalk,
  instance: InstanceNode,
  roles: readonly ResolvedRole[],
): readonly RoleSource[] {
  const reached = new Map<BackwardStep, ForwardStep>();
  const work: BackwardStep[] = [];
  const reach = (step: BackwardStep, from: ForwardStep | null, relation: string) => {
    if (reached.has(step)) return;
    reached.set(step, { instance: step.instance, role: step.role, from, relation });
    work.push(step);
  };
  for (const steps of backward.found.values()) {
    for (const step of steps) if (isAssigned(user, step.instance, step.role.key)) reach(step, null, "");
  }
  for (let step = work.pop(); step !== undefined; step = work.pop()) {
    for (const { relation, to } of step.gives) reach(to, reached.get(step) ?? null, relation);
  }
  const walk = {
    find: (at: InstanceNode, role: ResolvedRole) => {
      const step = backward.find(at, role);
      return step === undefined ? undefined : reached.get(step);
    },
  };
  return found(user, walk, instance, roles);
}
