import type { ResourceKind } from "./kind.ts";
import { readTypedInstance, type TypedInstanceInputs, typedInstanceObjects } from "./typed-instance.ts";

/** A server: its type with the tools as actions, and the instance with all else that the policy says of it. */
export interface ServerInputs extends TypedInstanceInputs {
  readonly kind: "server";
  readonly server: string;
}

const toPlans = (inputs: ServerInputs) => typedInstanceObjects(inputs, inputs.server, inputs.server);

export const server: ResourceKind<ServerInputs> = {
  path: (inputs) => ["server", inputs.server],
  objects: toPlans,
  read: (client, inputs) => readTypedInstance(client, inputs, toPlans(inputs)),
};
