import type { ResourceInstancePlan, ResourceTypePlan } from "@permit-mcp-gateway/policies";
import type { EnvironmentClient } from "../client.ts";
import { resourceInstance } from "../resource-instance.ts";
import { resourceType } from "../resource-type.ts";
import type { Located } from "./kind.ts";
import { plain } from "./plain.ts";
import { fromTypeText, type TypeText, typeText } from "./type-text.ts";

/** A type and its one instance: what a server is, and the host itself. */
export interface TypedInstanceInputs extends Located, TypeText {
  /** Of the instance. Absent only where somebody deleted it. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** The plan objects of a type and its instance, in the order in which they are made. */
export function typedInstanceObjects(
  inputs: TypedInstanceInputs,
  type: string,
  key: string,
): readonly [ResourceTypePlan, ResourceInstancePlan] {
  const attributes = (inputs.attributes ?? {}) as ResourceInstancePlan["attributes"];
  return [fromTypeText(type, inputs), { kind: "resource-instance", resource: type, key, attributes }];
}

/** Both as Permit has them; undefined when there is no such type. */
export async function readTypedInstance<Inputs extends TypedInstanceInputs>(
  client: EnvironmentClient,
  inputs: Inputs,
  [typePlan, instancePlan]: readonly [ResourceTypePlan, ResourceInstancePlan],
): Promise<Inputs | undefined> {
  const type = await resourceType.read(client, typePlan);
  if (type === undefined) return undefined;
  const instance = await resourceInstance.read(client, instancePlan);
  const { attributes: _, ...place } = inputs;
  const attributes = instance === undefined ? {} : { attributes: plain(instance.attributes) };
  return { ...place, ...typeText(type), ...attributes } as Inputs;
}
