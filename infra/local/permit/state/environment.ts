import { LaggingIndex } from "../decide/lagging-index.ts";
import type { Effects } from "./effects.ts";
import type { Journal } from "./journal.ts";
import { ref, setRef } from "./references.ts";
import type {
  ActionGroupRow,
  ActionRow,
  AssignmentRow,
  ConditionSetRow,
  InstanceRow,
  MembershipRow,
  RelationRow,
  ResourceRow,
  RoleRow,
  SetRuleRow,
  TenantRow,
  TupleRow,
  UserRow,
} from "./rows.ts";
import { type Row, Table } from "./table.ts";

export { ref, typeOf } from "./references.ts";

/** The ids that every answer about an environment carries. */
export interface EnvironmentScope {
  readonly organization_id: string;
  readonly project_id: string;
  readonly environment_id: string;
}

/** Unique key of a role assignment. No part can contain a space. */
export function assignmentKey(row: Omit<AssignmentRow, "id" | "created_at">): string {
  // Not a template, as in `ref`.
  return [row.user, row.role, row.tenant, row.resource_instance ?? ""].join(" ");
}

/** Unique key of a user's place in a tenant. */
export function membershipKey({ user, tenant }: { readonly user: string; readonly tenant: string }): string {
  return `${user} ${tenant}`;
}

/** Unique key of a relationship tuple. */
export function tupleKey(row: {
  readonly subject: string;
  readonly relation: string;
  readonly object: string;
}): string {
  return [row.subject, row.relation, row.object].join(" ");
}

/** Unique key of a set rule. No part can contain a space. */
export function setRuleKey(row: Pick<SetRuleRow, "user_set" | "permission" | "resource_set">): string {
  return `${row.user_set} ${row.permission} ${row.resource_set}`;
}

/** Everything Permit knows about one environment, in memory, indexed the way decisions walk it. */
export class EnvironmentState {
  readonly scope: EnvironmentScope;
  readonly effects: Effects;
  readonly resources: Table<ResourceRow>;
  readonly actions: Table<ActionRow, "resource">;
  readonly actionGroups: Table<ActionGroupRow, "resource">;
  readonly relations: Table<RelationRow, "resource" | "subjectResource">;
  /** Tenant-level roles have the empty string for a type. */
  readonly roles: Table<RoleRow, "resource">;
  readonly tenants: Table<TenantRow>;
  readonly users: Table<UserRow>;
  readonly memberships: Table<MembershipRow, "user" | "tenant">;
  readonly instances: Table<InstanceRow, "resource" | "tenant">;
  readonly assignments: Table<AssignmentRow, "user" | "instance" | "tenant">;
  readonly tuples: Table<TupleRow, "subject" | "object">;
  readonly conditionSets: Table<ConditionSetRow, "resource">;
  readonly setRules: Table<SetRuleRow, "userSet" | "permission" | "resourceSet">;
  /** What decisions read of all this, as soon as they see it. */
  readonly decisions: LaggingIndex;

  constructor(scope: EnvironmentScope, journal: Journal, effects: Effects) {
    this.scope = scope;
    this.effects = effects;
    const place = (kind: string) => ({ scope: scope.environment_id, kind, journal });
    this.resources = new Table(place("resource"), (row) => row.key, {});
    this.actions = new Table(place("action"), (row) => ref(row.resource, row.key), { resource: (row) => row.resource });
    this.actionGroups = new Table(place("action_group"), (row) => ref(row.resource, row.key), {
      resource: (row) => row.resource,
    });
    this.relations = new Table(place("relation"), (row) => ref(row.resource, row.key), {
      resource: (row) => row.resource,
      subjectResource: (row) => row.subject_resource,
    });
    this.roles = new Table(place("role"), (row) => ref(row.resource ?? "", row.key), {
      resource: (row) => row.resource ?? "",
    });
    this.tenants = new Table(place("tenant"), (row) => row.key, {});
    this.users = new Table(place("user"), (row) => row.key, {});
    this.memberships = new Table(place("tenant_user"), (row) => membershipKey(row), {
      user: (row) => row.user,
      tenant: (row) => row.tenant,
    });
    this.instances = new Table(place("resource_instance"), (row) => ref(row.resource, row.key), {
      resource: (row) => row.resource,
      tenant: (row) => row.tenant,
    });
    this.assignments = new Table(place("role_assignment"), (row) => assignmentKey(row), {
      user: (row) => row.user,
      instance: (row) => row.resource_instance,
      tenant: (row) => row.tenant,
    });
    this.tuples = new Table(place("relationship_tuple"), (row) => tupleKey(row), {
      subject: (row) => row.subject,
      object: (row) => row.object,
    });
    this.conditionSets = new Table(place("condition_set"), (row) => setRef(row), { resource: (row) => row.resource });
    this.setRules = new Table(place("set_rule"), (row) => setRuleKey(row), {
      userSet: (row) => row.user_set,
      permission: (row) => row.permission,
      resourceSet: (row) => row.resource_set,
    });
    this.decisions = new LaggingIndex(effects.propagate);
    journal.subscribe(scope.environment_id, this.decisions);
  }

  /** All tables, referring ones first: the order in which everything can be deleted. */
  tables(): readonly EnvironmentTable[] {
    return [
      this.setRules,
      this.conditionSets,
      this.tuples,
      this.assignments,
      this.instances,
      this.memberships,
      this.users,
      this.tenants,
      this.roles,
      this.relations,
      this.actionGroups,
      this.actions,
      this.resources,
    ];
  }
}

/** What storage and files need of a table, whatever its rows are. */
export interface EnvironmentTable extends Iterable<Row> {
  readonly kind: string;
  readonly size: number;
  load(row: Row): void;
  /** Whether there is a row with its id or key. */
  has(row: Row): boolean;
  put(row: Row): Row;
  delete(id: string): void;
}
