import { userProfileType } from "@permit-mcp-gateway/policies";
import { resourceType } from "../resource-type.ts";
import type { Located, ResourceKind } from "./kind.ts";
import { fromTypeText, type TypeText, typeText } from "./type-text.ts";

/** The type of all profiles: its roles are what a human may consent to, on every server. */
export interface UserProfileInputs extends Located, TypeText {
  readonly kind: "user-profile";
}

const toPlan = (inputs: UserProfileInputs) => fromTypeText(userProfileType, inputs);

export const userProfile: ResourceKind<UserProfileInputs> = {
  path: () => ["type", userProfileType],
  objects: (inputs) => [toPlan(inputs)],
  read: async (client, inputs) => {
    const type = await resourceType.read(client, toPlan(inputs));
    const { kind, project, environment } = inputs;
    return type && { kind, project, environment, ...typeText(type) };
  },
};
