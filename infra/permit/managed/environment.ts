import type { EnvironmentPlan } from "@permit-mcp-gateway/policies";
import type { Located } from "./kind.ts";

/** The environment that is the host. */
export interface EnvironmentInputs extends Located {
  readonly kind: "environment";
  /** Key of the host that it is. */
  readonly host: string;
  readonly name: string;
}

/** The plan object of an environment. */
export function environmentPlan({ project, environment, name }: EnvironmentInputs): EnvironmentPlan {
  return { kind: "environment", project, key: environment, name };
}
