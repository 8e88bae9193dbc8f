import type { ResourceTypePlan, RolePlan } from "@permit-mcp-gateway/policies";
import { z } from "zod";
import type { EnvironmentClient } from "./client.ts";
import { allPages, perPageMax } from "./handler.ts";
import { mapValues } from "./resource-type-request.ts";

/** What is read of a role in Permit. */
const roleReadSchema = z.object({
  permissions: z.array(z.string()).nullish(),
  granted_to: z
    .object({
      users_with_role: z
        .array(z.object({ role: z.string(), on_resource: z.string(), linked_by_relation: z.string() }))
        .nullish(),
    })
    .nullish(),
});

/** What is read of a resource type in Permit. */
const resourceReadSchema = z.object({
  key: z.string(),
  name: z.string(),
  actions: z
    .record(
      z.string(),
      z.object({ name: z.string().nullish(), attributes: z.record(z.string(), z.unknown()).nullish() }),
    )
    .nullish(),
  roles: z.record(z.string(), roleReadSchema).nullish(),
  relations: z.record(z.string(), z.object({ resource: z.string() })).nullish(),
});

/** A resource type as Permit has it: like the plan, but an action's attributes may be anything. */
export type ActualResourceType = Omit<ResourceTypePlan, "kind" | "actions"> & {
  readonly actions: Readonly<Record<string, { readonly name: string; readonly attributes: object | null }>>;
};

function toRole(type: string, role: z.infer<typeof roleReadSchema>): RolePlan {
  return {
    // Bare action keys for a resource's own role; `type:action` where an installation writes them out.
    permissions: (role.permissions ?? []).map((action) =>
      action.startsWith(`${type}:`) ? action.slice(type.length + 1) : action,
    ),
    grantedTo: (role.granted_to?.users_with_role ?? []).map((rule) => ({
      role: rule.role,
      onResource: rule.on_resource,
      relation: rule.linked_by_relation,
    })),
  };
}

/** Reads Permit's answer. Throws a ZodError when it is not a resource type. */
export function fromResource(resource: unknown): ActualResourceType {
  const read = resourceReadSchema.parse(resource);
  return {
    key: read.key,
    name: read.name,
    actions: mapValues(read.actions ?? {}, ({ name, attributes }, key) => ({
      name: name ?? key,
      attributes: attributes && Object.keys(attributes).length > 0 ? attributes : null,
    })),
    roles: mapValues(read.roles ?? {}, (role) => toRole(read.key, role)),
    relations: mapValues(read.relations ?? {}, (relation) => relation.resource),
  };
}

/** Every resource type of the environment. */
export async function listResourceTypes(client: EnvironmentClient): Promise<ActualResourceType[]> {
  const resources = await allPages(perPageMax, (page) => client.api.resources.list({ page, perPage: perPageMax }));
  return resources.map(fromResource);
}
