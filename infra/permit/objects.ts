import type { EnvironmentPlan, PermitObject } from "@permit-mcp-gateway/policies";
import type { EnvironmentClient } from "./client.ts";
import type { Step } from "./handler.ts";
import { hostAdmins } from "./host-admins.ts";
import { humans } from "./humans.ts";
import { resourceInstance } from "./resource-instance.ts";
import { resourceType } from "./resource-type.ts";
import { serverGrants } from "./server-grants.ts";

/** A plan object that lives in an environment. */
export type EnvironmentObject = Exclude<PermitObject, EnvironmentPlan>;

/** Reads what Permit has of the object and returns the steps to make it what the plan says. Writes nothing. */
export async function stepsTo(client: EnvironmentClient, object: EnvironmentObject): Promise<readonly Step[]> {
  switch (object.kind) {
    case "resource-type":
      return resourceType.steps(client, await resourceType.read(client, object), object);
    case "resource-instance":
      return resourceInstance.steps(client, await resourceInstance.read(client, object), object);
    case "humans":
      return humans.steps(client, await humans.read(client, object), object);
    case "server-grants":
      return serverGrants.steps(client, await serverGrants.read(client, object), object);
    case "host-admins":
      return hostAdmins.steps(client, await hostAdmins.read(client, object), object);
  }
}

/** Reads what Permit has of the object and returns the steps to remove it. Writes nothing. */
export async function stepsToRemove(client: EnvironmentClient, object: EnvironmentObject): Promise<readonly Step[]> {
  switch (object.kind) {
    case "resource-type":
      return resourceType.removal(client, await resourceType.read(client, object), object);
    case "resource-instance":
      return resourceInstance.removal(client, await resourceInstance.read(client, object), object);
    case "humans":
      return humans.removal(client, await humans.read(client, object), object);
    case "server-grants":
      return serverGrants.removal(client, await serverGrants.read(client, object), object);
    case "host-admins":
      return hostAdmins.removal(client, await hostAdmins.read(client, object), object);
  }
}
