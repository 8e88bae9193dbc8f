import type { HostModel, PermitObject } from "@permit-mcp-gateway/policies";
import {
  defaultTenant,
  humanKey,
  ownerRole,
  plan,
  profileKey,
  profileRef,
  serverRef,
  userProfileType,
} from "@permit-mcp-gateway/policies";
import { today } from "@permit-mcp-gateway/policies/testing";
import type { Permit } from "permitio";

/** Writes the plan of a host through the SDK, in its order, into an empty environment. */
export async function provisionModel(permit: Permit, host: HostModel): Promise<void> {
  for (const object of plan(host, today)) await provisionObject(permit, object);
}

async function provisionObject(permit: Permit, object: PermitObject): Promise<void> {
  const { api } = permit;
  const tenant = defaultTenant;
  switch (object.kind) {
    case "environment":
      return;
    case "resource-type": {
      const roles = Object.entries(object.roles).map(([key, { permissions, grantedTo }]) => {
        const users_with_role = grantedTo.map(({ role, onResource, relation }) => ({
          role,
          on_resource: onResource,
          linked_by_relation: relation,
        }));
        return [key, { name: key, permissions: [...permissions], granted_to: { users_with_role } }] as const;
      });
      const actions = Object.entries(object.actions).map(
        ([key, { name, attributes }]) => [key, { name, attributes: attributes ?? {} }] as const,
      );
      await api.resources.create({
        key: object.key,
        name: object.name,
        actions: Object.fromEntries(actions),
        relations: { ...object.relations },
        roles: Object.fromEntries(roles),
      });
      return;
    }
    case "resource-instance":
      await api.resourceInstances.create({
        resource: object.resource,
        key: object.key,
        tenant,
        attributes: object.attributes,
      });
      return;
    case "humans":
      for (const email of object.emails) {
        await api.users.create({ key: humanKey(email), email });
        await api.resourceInstances.create({ resource: userProfileType, key: profileKey(email), tenant });
        await api.users.assignRole({
          user: humanKey(email),
          role: ownerRole,
          resource_instance: profileRef(email),
          tenant,
        });
      }
      return;
    case "server-grants":
      for (const [email, relation] of Object.entries(object.ceilings)) {
        await api.relationshipTuples.create({ subject: profileRef(email), relation, object: serverRef(object.server) });
      }
      return;
    case "host-members":
      for (const [role, emails] of Object.entries(object.roles)) {
        const resource_instance = `gateway_host:${object.host}`;
        for (const email of emails)
          await api.users.assignRole({ user: humanKey(email), role, resource_instance, tenant });
      }
      return;
    default:
      object satisfies never;
  }
}
