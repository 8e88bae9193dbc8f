import { gatewayHostType } from "@permit-mcp-gateway/policies";
import type { ResourceKind } from "./kind.ts";
import { readTypedInstance, type TypedInstanceInputs, typedInstanceObjects } from "./typed-instance.ts";

/** The settings of the host. Written after its servers and grants: it is what opens them. */
export interface GatewayHostInputs extends TypedInstanceInputs {
  readonly kind: "gateway-host";
  readonly host: string;
}

const toPlans = (inputs: GatewayHostInputs) => typedInstanceObjects(inputs, gatewayHostType, inputs.host);

export const gatewayHost: ResourceKind<GatewayHostInputs> = {
  path: (inputs) => ["host", inputs.host],
  objects: toPlans,
  read: (client, inputs) => readTypedInstance(client, inputs, toPlans(inputs)),
};
