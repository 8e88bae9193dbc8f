import { instanceRef, type TrustLevel, userProfileType } from "@permit-mcp-gateway/policies";
import { serverGrants as handler } from "../server-grants.ts";
import { humanName } from "./human-name.ts";
import type { Located, ResourceKind } from "./kind.ts";
import { inOrder } from "./trust-order.ts";

/** The ceilings on one server, by e-mail address. */
export interface ServerGrantsInputs extends Located {
  readonly kind: "server-grants";
  readonly server: string;
  /** `low`; of somebody who was given several by hand `low, high`. */
  readonly grants: Readonly<Record<string, string>>;
}

const profilePrefix = instanceRef(userProfileType, "");

const toPlan = (inputs: ServerGrantsInputs) =>
  ({
    kind: "server-grants",
    server: inputs.server,
    ceilings: inputs.grants as Readonly<Record<string, TrustLevel>>,
  }) as const;

export const serverGrants: ResourceKind<ServerGrantsInputs> = {
  path: (inputs) => ["grants", inputs.server],
  objects: (inputs) => [toPlan(inputs)],
  read: async (client, inputs) => {
    const tuples = (await handler.read(client, toPlan(inputs))) ?? [];
    const bySubject = Map.groupBy(tuples, ({ subject }) => humanName(subject, profilePrefix));
    const levels = [...bySubject].map(([subject, held]) => {
      const relations = new Set(held.map(({ relation }) => relation));
      return [subject, inOrder([...relations]).join(", ")] as const;
    });
    return { ...inputs, grants: Object.fromEntries(levels) };
  },
};
