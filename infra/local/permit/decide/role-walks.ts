import type { AssignmentRow, TupleRow } from "../state/rows.ts";
import type { InstanceNode, UserNode } from "./facts-graph.ts";
import type { Derived, ResolvedRole, ResolvedSchema } from "./resolved-schema.ts";

/** Whether the user has any role, or the given one, assigned on the instance: by the shorter of the two lists. */
export function isAssigned(user: UserNode, instance: InstanceNode, role?: string): boolean {
  const fits = (row: AssignmentRow) => role === undefined || row.role === role;
  if (user.grants.size < instance.grants.size) {
    for (const [row, on] of user.grants) if (on === instance && fits(row)) return true;
    return false;
  }
  for (const [row, of] of instance.grants) if (of === user && fits(row)) return true;
  return false;
}

interface Place {
  readonly instance: InstanceNode;
  readonly role: ResolvedRole;
}

/** A search over roles on instances that can be interrupted after any edge, so that two of them can take turns. */
abstract class Walk<S extends Place> {
  protected readonly user: UserNode | null;
  protected readonly tenant: string;
  /** Few roles each: a list is looked through quicker than a Map is made. */
  readonly found = new Map<InstanceNode, S[]>();
  readonly #work: S[] = [];
  #current: S | null = null;
  #edges: Iterator<[TupleRow, InstanceNode]> | null = null;

  constructor(user: UserNode | null, tenant: string) {
    this.user = user;
    this.tenant = tenant;
  }

  find(instance: InstanceNode, role: ResolvedRole): S | undefined {
    const steps = this.found.get(instance);
    if (steps === undefined) return undefined;
    for (const step of steps) if (step.role === role) return step;
    return undefined;
  }

  /** Looks at that many edges at most. Returns whether it has seen all. */
  run(edgesMax: number): boolean {
    for (let count = 0; count < edgesMax; ) {
      if (this.#edges === null || this.#current === null) {
        this.#current = this.#work.pop() ?? null;
        if (this.#current === null) return true;
        this.#edges = this.edges(this.#current.instance)[Symbol.iterator]();
      }
      const next = this.#edges.next();
      if (next.done === true) {
        this.#edges = null;
        continue;
      }
      count += 1;
      const [{ relation }, instance] = next.value;
      if (instance.isIn(this.tenant)) this.follow(this.#current, relation, instance);
    }
    return false;
  }

  protected add(step: S): void {
    const steps = this.found.get(step.instance);
    if (steps === undefined) this.found.set(step.instance, [step]);
    else steps.push(step);
    this.#work.push(step);
  }

  protected abstract edges(instance: InstanceNode): Iterable<[TupleRow, InstanceNode]>;
  protected abstract follow(from: S, relation: string, instance: InstanceNode): void;

  protected open(derived: Derived, object: InstanceNode): boolean {
    return !(derived.blockable && this.user !== null && isAssigned(this.user, object));
  }
}

/** A role that the user has on an instance, and the one that it follows from. */
export interface ForwardStep extends Place {
  /** null for an assigned role. */
  readonly from: ForwardStep | null;
  /** In which `from` is to it; empty for an assigned role. */
  readonly relation: string;
}

/** From a user's assigned roles to everything that follows from them, or to what leads to some roles. */
export class ForwardWalk extends Walk<ForwardStep> {
  readonly #leading: ReadonlySet<ResolvedRole> | null;

  /** @param leading the only roles worth looking at; null for all. */
  constructor(schema: ResolvedSchema, user: UserNode, tenant: string, leading: ReadonlySet<ResolvedRole> | null) {
    super(user, tenant);
    this.#leading = leading;
    for (const [{ role: key }, instance] of user.grants) {
      if (!instance?.isIn(tenant)) continue;
      const role = schema.types.get(instance.type)?.roles.get(key);
      if (role !== undefined) this.#reach(instance, role, null, "");
    }
  }

  #reach(instance: InstanceNode, role: ResolvedRole, from: ForwardStep | null, relation: string): void {
    if (this.#leading !== null && !this.#leading.has(role)) return;
    if (this.find(instance, role) === undefined) this.add({ instance, role, from, relation });
  }

  protected edges(instance: InstanceNode): Iterable<[TupleRow, InstanceNode]> {
    return instance.outgoing;
  }

  protected follow(from: ForwardStep, relation: string, instance: InstanceNode): void {
    const given = from.role.gives.get(relation);
    if (given === undefined) return;
    for (const derived of given) {
      if (derived.role.type === instance.type && this.open(derived, instance)) {
        this.#reach(instance, derived.role, from, relation);
      }
    }
  }
}

/** A role on an instance that, if the user has it, gives others. */
export interface BackwardStep extends Place {
  readonly gives: { readonly relation: string; readonly to: BackwardStep }[];
}

/** From roles on an object to everything that gives them to the user; without one, that may give them to anybody. */
export class BackwardWalk extends Walk<BackwardStep> {
  constructor(user: UserNode | null, tenant: string, instance: InstanceNode, roles: readonly ResolvedRole[]) {
    super(user, tenant);
    if (instance.isIn(tenant)) for (const role of roles) this.add({ instance, role, gives: [] });
  }

  protected edges(instance: InstanceNode): Iterable<[TupleRow, InstanceNode]> {
    return instance.incoming;
  }

  protected follow(to: BackwardStep, relation: string, instance: InstanceNode): void {
    const givers = to.role.givenBy.get(relation);
    if (givers === undefined) return;
    for (const derived of givers) {
      if (derived.role.type !== instance.type || !this.open(derived, to.instance)) continue;
      const known = this.find(instance, derived.role);
      if (known !== undefined) known.gives.push({ relation, to });
      else this.add({ instance, role: derived.role, gives: [{ relation, to }] });
    }
  }
}
