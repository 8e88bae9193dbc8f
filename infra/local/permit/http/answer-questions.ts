import type { z } from "zod";
import type { DecisionLogs } from "../audit/decision-logs.ts";
import type { LoggedDecision } from "../audit/logged-decision.ts";
import { queryAttributes } from "../decide/abac/query-attributes.ts";
import { authorizedUsers } from "../decide/authorized-users.ts";
import { type Decision, decide } from "../decide/decide.ts";
import type { DecisionIndex } from "../decide/decision-index.ts";
import { userPermissions } from "../decide/user-permissions.ts";
import { askedTenants, userTenants } from "../decide/user-tenants.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { TenantRow } from "../state/rows.ts";
import {
  type AuthorizedUsersInput,
  type CheckInput,
  decisionQuery,
  resourceQuery,
  type userPermissionsSchema,
  type userTenantsSchema,
} from "./question-schemas.ts";

/** The answers of a decision point in one environment; every decision is logged. */
export class Questions {
  readonly #env: EnvironmentState;
  readonly #index: DecisionIndex;
  readonly #logs: DecisionLogs;

  constructor(env: EnvironmentState, logs: DecisionLogs) {
    this.#env = env;
    this.#index = env.decisions.index;
    this.#logs = logs;
  }

  /** `AllowedResult`, and `allowing_sources` that only OPA shows. */
  check(input: CheckInput): CheckAnswer {
    const query = decisionQuery(input);
    const decision = decide(this.#index, query);
    const { allow, ...engines } = decision;
    const { user, action, type, key, tenant } = query;
    this.#log({ query: "check", user, action, type, key, tenant, allow, reason: reasonOf(decision), input });
    const attributes = queryAttributes(this.#index, query);
    return {
      allow,
      result: allow,
      query: input,
      debug: {
        request: {
          user: { ...input.user, synced: isSynced(this.#index, user), attributes: attributes.user },
          tenant: tenant !== undefined && this.#index.tenants.has(tenant) ? tenant : null,
          action,
          resource: { type, attributes: attributes.resource },
        },
        ...engines,
      },
    };
  }

  /** The tenants in which the check is allowed, with its answer there. */
  checkAllTenants(input: CheckInput): object {
    const allowed_tenants = askedTenants(this.#index, input.user.key).flatMap((tenant) => {
      const { query: _, ...answer } = this.check({ ...input, resource: { ...input.resource, tenant: tenant.key } });
      return answer.allow ? [{ ...answer, tenant: readTenant(tenant) }] : [];
    });
    return { allowed_tenants };
  }

  /** By place: `__tenant:key` or `type:key`. */
  userPermissions(input: z.infer<typeof userPermissionsSchema>): object {
    const { user, tenants, resources, resource_types } = input;
    const entries = userPermissions(this.#index, user.key, {
      tenants: tenants ?? null,
      resources: resources ?? null,
      resourceTypes: resource_types ?? null,
    });
    this.#log({ ...unasked, query: "get_user_permissions", user: user.key, allow: entries.length > 0, input });
    return Object.fromEntries(
      entries.map(({ place, ...rest }) => [place, { ...readPlace(this.#index, place), ...rest }]),
    );
  }

  userTenants({ user }: z.infer<typeof userTenantsSchema>): readonly object[] {
    return userTenants(this.#index, user.key).map(readTenant);
  }

  /** `AuthorizedUsersResult`. */
  authorizedUsers(input: AuthorizedUsersInput): object {
    const query = resourceQuery(input);
    const { action, type, key, tenant } = query;
    const users = authorizedUsers(this.#index, query);
    const allow = users.size > 0;
    this.#log({ ...unasked, query: "get_authorized_users", action, type, key, tenant, allow, input });
    return { resource: `${type}:${key ?? "*"}`, tenant: tenant ?? "default", users: Object.fromEntries(users) };
  }

  #log(row: Omit<LoggedDecision, "id" | "timestamp">): void {
    const { effects, scope } = this.#env;
    this.#logs.add(scope.environment_id, { id: effects.newId(), timestamp: effects.now(), ...row });
  }
}

/** The answer to one check. */
export interface CheckAnswer {
  readonly allow: boolean;
  readonly result: boolean;
  readonly query: CheckInput;
  readonly debug: { readonly request: object } & Omit<Decision, "allow">;
}

const unasked = {
  user: undefined,
  action: undefined,
  type: undefined,
  key: undefined,
  tenant: undefined,
  reason: undefined,
} as const;

/** The reason that stands for the whole decision: that of what allowed or, denied, of the most specific question. */
function reasonOf({ rbac, rebac, abac }: Decision): string {
  const answers = [rbac, rebac, abac].filter((answer) => answer !== undefined);
  return (answers.find(({ allow }) => allow) ?? rebac ?? rbac).reason;
}

function isSynced(index: DecisionIndex, user: string): boolean {
  return (index.facts.users.get(user)?.row ?? null) !== null;
}

function readTenant({ key, attributes }: TenantRow): object {
  return { key, attributes: attributes ?? {} };
}

function readPlace(index: DecisionIndex, place: string): object {
  const [type = "", key = ""] = place.split(":");
  if (type === "__tenant") return { tenant: { key, type, attributes: index.tenants.get(key)?.attributes ?? {} } };
  return { resource: { key, type, attributes: index.facts.instances.get(place)?.row?.attributes ?? {} } };
}
