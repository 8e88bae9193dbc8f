import type { AssignmentRow, TupleRow } from "../state/rows.ts";
import type { InstanceNode, UserNode } from "./facts-graph.ts";
import type { Derived, ResolvedRole, ResolvedSchema } from "./resolved-schema.ts";

/** A role on an instance, and the neighbour it was reached from. */
export interface Step {
  readonly instance: InstanceNode;
  readonly role: ResolvedRole;
  /** null for a starting point. */
  readonly from: Step | null;
  /** The relation between the two; empty for a starting point. */
  readonly relation: string;
}

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

/** A search over roles on instances that goes one edge at a time, so that two of them can take turns. */
abstract class Walk {
  protected readonly user: UserNode | null;
  protected readonly tenant: string;
  readonly found = new Map<InstanceNode, Map<ResolvedRole, Step>>();
  /** Told of each step when it is found. */
  onStep: ((step: Step) => void) | null = null;
  readonly #work: Step[] = [];
  #current: Step | null = null;
  #edges: Iterator<[TupleRow, InstanceNode]> | null = null;

  constructor(user: UserNode | null, tenant: string) {
    this.user = user;
    this.tenant = tenant;
  }

  has(instance: InstanceNode, role: ResolvedRole): Step | undefined {
    return this.found.get(instance)?.get(role);
  }

  /** Looks at one edge. Returns whether there may be more. */
  advance(): boolean {
    if (this.#edges === null) {
      this.#current = this.#work.pop() ?? null;
      if (this.#current === null) return false;
      this.#edges = this.edges(this.#current.instance)[Symbol.iterator]();
    }
    const next = this.#edges.next();
    if (next.done === true) {
      this.#edges = null;
      return this.#work.length > 0;
    }
    const [{ relation }, instance] = next.value;
    if (this.#current !== null && instance.isIn(this.tenant)) this.follow(this.#current, relation, instance);
    return true;
  }

  protected add(step: Step): void {
    const roles = this.found.get(step.instance);
    if (roles === undefined) this.found.set(step.instance, new Map([[step.role, step]]));
    else if (roles.has(step.role)) return;
    else roles.set(step.role, step);
    this.#work.push(step);
    this.onStep?.(step);
  }

  protected abstract edges(instance: InstanceNode): Iterable<[TupleRow, InstanceNode]>;
  protected abstract follow(from: Step, relation: string, instance: InstanceNode): void;

  protected open(derived: Derived, object: InstanceNode): boolean {
    return !(derived.blockable && this.user !== null && isAssigned(this.user, object));
  }
}

/** From a user's assigned roles to everything that follows from them. */
export class ForwardWalk extends Walk {
  readonly #schema: ResolvedSchema;
  readonly #grants: Iterator<[AssignmentRow, InstanceNode | null]>;
  #seeded = false;

  constructor(schema: ResolvedSchema, user: UserNode, tenant: string) {
    super(user, tenant);
    this.#schema = schema;
    this.#grants = user.grants[Symbol.iterator]();
  }

  override advance(): boolean {
    if (this.#seeded) return super.advance();
    const next = this.#grants.next();
    if (next.done === true) {
      this.#seeded = true;
      return super.advance();
    }
    const [{ role: key }, instance] = next.value;
    if (instance?.isIn(this.tenant)) {
      const role = this.#schema.types.get(instance.type)?.roles.get(key);
      if (role !== undefined) this.add({ instance, role, from: null, relation: "" });
    }
    return true;
  }

  protected edges(instance: InstanceNode): Iterable<[TupleRow, InstanceNode]> {
    return instance.outgoing;
  }

  protected follow(from: Step, relation: string, instance: InstanceNode): void {
    for (const derived of from.role.gives.get(relation) ?? []) {
      if (derived.role.type === instance.type && this.open(derived, instance)) {
        this.add({ instance, role: derived.role, from, relation });
      }
    }
  }
}

/** From a role on an object to everything that gives it to the user; without one, that may give it to anybody. */
export class BackwardWalk extends Walk {
  constructor(user: UserNode | null, tenant: string, instance: InstanceNode, role: ResolvedRole) {
    super(user, tenant);
    if (instance.isIn(tenant)) this.add({ instance, role, from: null, relation: "" });
  }

  protected edges(instance: InstanceNode): Iterable<[TupleRow, InstanceNode]> {
    return instance.incoming;
  }

  protected follow(from: Step, relation: string, instance: InstanceNode): void {
    for (const derived of from.role.givenBy.get(relation) ?? []) {
      if (derived.role.type === instance.type && this.open(derived, from.instance)) {
        this.add({ instance, role: derived.role, from, relation });
      }
    }
  }
}
