import { typeOf } from "../state/references.ts";
import type { AssignmentRow, InstanceRow, TupleRow, UserRow } from "../state/rows.ts";
import { Links } from "./links.ts";

/** A user with the roles assigned to them. */
export class UserNode {
  readonly key: string;
  /** null while only assignments name the user. */
  row: UserRow | null = null;
  /** Each with the instance it is on; null for a role in a tenant. */
  readonly grants = new Links<AssignmentRow, InstanceNode | null>();

  constructor(key: string) {
    this.key = key;
  }
}

/** A resource instance with what leads to it and away from it. */
export class InstanceNode {
  /** `type:key`. */
  readonly ref: string;
  readonly type: string;
  /** null while only tuples or assignments name the instance. */
  row: InstanceRow | null = null;
  readonly grants = new Links<AssignmentRow, UserNode>();
  /** Tuples whose object it is, with their subjects. */
  readonly incoming = new Links<TupleRow, InstanceNode>();
  /** Tuples whose subject it is, with their objects. */
  readonly outgoing = new Links<TupleRow, InstanceNode>();

  constructor(ref: string) {
    this.ref = ref;
    this.type = typeOf(ref);
  }

  isIn(tenant: string): boolean {
    return this.row?.tenant === tenant;
  }
}

/**
 * Users, instances, assignments and tuples as a graph that decisions walk along pointers. Rows are known by identity: a
 * change brings the row that it replaces. What only refers to a node makes it, so the order of changes does not matter.
 */
export class FactsGraph {
  readonly users = new Map<string, UserNode>();
  readonly instances = new Map<string, InstanceNode>();
  #tuples = 0;

  /** Whether any relationship exists. */
  get related(): boolean {
    return this.#tuples > 0;
  }

  setUser(key: string, row: UserRow | null): void {
    const node = this.#user(key);
    node.row = row;
    this.#dropUser(node);
  }

  setInstance(ref: string, row: InstanceRow | null): void {
    const node = this.#instance(ref);
    node.row = row;
    this.#dropInstance(node);
  }

  addAssignment(row: AssignmentRow): void {
    const user = this.#user(row.user);
    const instance = row.resource_instance === null ? null : this.#instance(row.resource_instance);
    user.grants.set(row, instance);
    instance?.grants.set(row, user);
  }

  removeAssignment(row: AssignmentRow): void {
    const user = this.#user(row.user);
    user.grants.delete(row);
    this.#dropUser(user);
    if (row.resource_instance === null) return;
    const instance = this.#instance(row.resource_instance);
    instance.grants.delete(row);
    this.#dropInstance(instance);
  }

  addTuple(row: TupleRow): void {
    const subject = this.#instance(row.subject);
    const object = this.#instance(row.object);
    subject.outgoing.set(row, object);
    object.incoming.set(row, subject);
    this.#tuples += 1;
  }

  removeTuple(row: TupleRow): void {
    const subject = this.#instance(row.subject);
    const object = this.#instance(row.object);
    subject.outgoing.delete(row);
    object.incoming.delete(row);
    this.#tuples -= 1;
    this.#dropInstance(subject);
    this.#dropInstance(object);
  }

  #user(key: string): UserNode {
    const known = this.users.get(key);
    if (known !== undefined) return known;
    const node = new UserNode(key);
    this.users.set(key, node);
    return node;
  }

  #instance(ref: string): InstanceNode {
    const known = this.instances.get(ref);
    if (known !== undefined) return known;
    const node = new InstanceNode(ref);
    this.instances.set(ref, node);
    return node;
  }

  #dropUser(node: UserNode): void {
    if (node.row === null && node.grants.size === 0) this.users.delete(node.key);
  }

  #dropInstance({ ref, row, grants, incoming, outgoing }: InstanceNode): void {
    if (row === null && grants.size + incoming.size + outgoing.size === 0) this.instances.delete(ref);
  }
}
