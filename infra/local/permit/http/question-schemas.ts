import { z } from "zod";
import type { DecisionQuery } from "../decide/decision-query.ts";

// Unknown fields are ignored in all of these, as the decision point does, unlike in the control plane.

const record = z.record(z.string(), z.unknown());
const text = z.string().nullish();
const userSchema = z.object({
  key: z.string(),
  first_name: text,
  last_name: text,
  email: text,
  attributes: record.optional(),
});
const resourceSchema = z.object({
  type: z.string(),
  key: text,
  tenant: text,
  attributes: record.optional(),
  context: record.optional(),
});

/** `POST /allowed`. */
export const checkSchema = z.object({
  user: userSchema,
  action: z.string(),
  resource: resourceSchema,
  context: record.optional(),
});

/** `POST /authorized_users`. */
export const authorizedUsersSchema = checkSchema.omit({ user: true });

/** `POST /user-tenants`. */
export const userTenantsSchema = z.object({ user: userSchema });

const names = z.array(z.string()).nullish();

/** `POST /user-permissions`. */
export const userPermissionsSchema = z.object({
  user: userSchema,
  tenants: names,
  resources: names,
  resource_types: names,
});

export type CheckInput = z.infer<typeof checkSchema>;
export type AuthorizedUsersInput = z.infer<typeof authorizedUsersSchema>;

/** The query without its user. An empty key or tenant is none. */
export function resourceQuery({
  action,
  resource,
  context,
}: AuthorizedUsersInput): Omit<DecisionQuery, "user" | "userAttributes"> {
  return {
    action,
    type: resource.type,
    key: resource.key ?? undefined,
    tenant: resource.tenant ?? undefined,
    resourceAttributes: resource.attributes ?? {},
    context: context ?? {},
  };
}

/** The query as decisions read it. */
export function decisionQuery(input: CheckInput): DecisionQuery {
  return { user: input.user.key, userAttributes: input.user.attributes ?? {}, ...resourceQuery(input) };
}
