import type { EnvironmentPlan, PermitObject } from "@permit-mcp-gateway/policies";
import type { EnvironmentClient } from "./client.ts";
import type { ObjectHandler, Step } from "./handler.ts";
import { hostMembers } from "./host-members.ts";
import { humans } from "./humans.ts";
import { resourceInstance } from "./resource-instance.ts";
import { resourceType } from "./resource-type.ts";
import { serverGrants } from "./server-grants.ts";

/** A plan object that lives in an environment. */
export type EnvironmentObject = Exclude<PermitObject, EnvironmentPlan>;

/** How an object in Permit compares with the plan. */
export interface Inspection {
  readonly present: boolean;
  /** What makes it agree with the plan. */
  readonly steps: readonly Step[];
  /** What removes it. */
  readonly removal: readonly Step[];
}

/** Reads once and compares. */
export async function inspectWith<Client, Plan, Actual>(
  handler: ObjectHandler<Client, Plan, Actual>,
  client: Client,
  plan: Plan,
): Promise<Inspection> {
  const actual = await handler.read(client, plan);
  return {
    present: actual !== undefined,
    steps: handler.steps(client, actual, plan),
    removal: handler.removal(client, actual, plan),
  };
}

/** Reads what Permit has of the object and compares it with the plan. Writes nothing. */
export async function inspect(client: EnvironmentClient, object: EnvironmentObject): Promise<Inspection> {
  switch (object.kind) {
    case "resource-type":
      return inspectWith(resourceType, client, object);
    case "resource-instance":
      return inspectWith(resourceInstance, client, object);
    case "humans":
      return inspectWith(humans, client, object);
    case "server-grants":
      return inspectWith(serverGrants, client, object);
    case "host-members":
      return inspectWith(hostMembers, client, object);
  }
}
