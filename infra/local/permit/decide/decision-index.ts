import type { RowChange } from "../state/journal.ts";
import { ref } from "../state/references.ts";
import type {
  ActionRow,
  AssignmentRow,
  ConditionSetRow,
  InstanceRow,
  ResourceRow,
  RoleRow,
  SetRuleRow,
  TenantRow,
  TupleRow,
  UserRow,
} from "../state/rows.ts";
import { AbacIndex } from "./abac/abac-index.ts";
import { FactsGraph } from "./facts-graph.ts";
import { type ResolvedSchema, resolveSchema } from "./resolved-schema.ts";

/** What decisions read, and nothing else: one environment, kept in step by the changes of its rows. */
export class DecisionIndex {
  readonly facts = new FactsGraph();
  readonly abac = new AbacIndex();
  readonly tenants = new Map<string, TenantRow>();
  readonly #resources = new Map<string, ResourceRow>();
  readonly #actions = new Map<string, ActionRow>();
  readonly #roles = new Map<string, RoleRow>();
  #schema: ResolvedSchema | null = null;

  /** Worked out when first asked for after a change: provisioning changes it many times in a row. */
  get schema(): ResolvedSchema {
    this.#schema ??= resolveSchema(this.#resources.values(), this.#actions.values(), this.#roles.values());
    return this.#schema;
  }

  apply({ kind, before, after }: RowChange): void {
    switch (kind) {
      case "user": {
        const row = (after ?? before) as UserRow;
        this.facts.setUser(row.key, after as UserRow | null);
        return;
      }
      case "resource_instance": {
        const row = (after ?? before) as InstanceRow;
        this.facts.setInstance(ref(row.resource, row.key), after as InstanceRow | null);
        return;
      }
      case "role_assignment":
        if (before !== null) this.facts.removeAssignment(before as AssignmentRow);
        if (after !== null) this.facts.addAssignment(after as AssignmentRow);
        return;
      case "relationship_tuple":
        if (before !== null) this.facts.removeTuple(before as TupleRow);
        if (after !== null) this.facts.addTuple(after as TupleRow);
        return;
      case "condition_set":
        this.abac.replaceSet(before as ConditionSetRow | null, after as ConditionSetRow | null);
        return;
      case "set_rule":
        if (before !== null) this.abac.removeRule(before as SetRuleRow);
        if (after !== null) this.abac.addRule(after as SetRuleRow);
        return;
      case "tenant":
        replace(this.tenants, (row) => row.key, before as TenantRow | null, after as TenantRow | null);
        return;
      case "resource":
        replace(this.#resources, (row) => row.key, before as ResourceRow | null, after as ResourceRow | null);
        break;
      case "action":
        replace(this.#actions, (row) => row.id, before as ActionRow | null, after as ActionRow | null);
        break;
      case "role":
        replace(this.#roles, (row) => row.id, before as RoleRow | null, after as RoleRow | null);
        break;
      default:
        return;
    }
    this.#schema = null;
  }
}

function replace<R>(rows: Map<string, R>, keyOf: (row: R) => string, before: R | null, after: R | null): void {
  if (after !== null) rows.set(keyOf(after), after);
  else if (before !== null) rows.delete(keyOf(before));
}
