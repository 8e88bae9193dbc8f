import { hostRoles } from "@permit-mcp-gateway/policies";
import { hostMembers as handler } from "../host-members.ts";
import { humanPrefix } from "../humans-read.ts";
import { humanName } from "./human-name.ts";
import type { Located, ResourceKind } from "./kind.ts";

/** Who administers, approves and audits, by e-mail address. */
export interface HostMembersInputs extends Located {
  readonly kind: "host-members";
  readonly host: string;
  /** `admin, approver` */
  readonly members: Readonly<Record<string, string>>;
}

const separator = ", ";
const roles = Object.keys(hostRoles) as readonly (keyof typeof hostRoles)[];

const toPlan = (inputs: HostMembersInputs) => {
  const withRole = (role: string) =>
    Object.keys(inputs.members)
      .filter((email) => inputs.members[email]?.split(separator).includes(role))
      .toSorted();
  return {
    kind: "host-members",
    host: inputs.host,
    roles: { admin: withRole("admin"), approver: withRole("approver"), auditor: withRole("auditor") },
  } as const;
};

/** Members by their roles, written by member. */
export function byMember(held: readonly { readonly member: string; readonly role: string }[]): Record<string, string> {
  const members = Map.groupBy(held, ({ member }) => member);
  return Object.fromEntries(
    [...members].map(([member, all]) => {
      const own = new Set(all.map(({ role }) => role));
      return [member, [...roles.filter((role) => own.delete(role)), ...[...own].toSorted()].join(separator)];
    }),
  );
}

export const hostMembers: ResourceKind<HostMembersInputs> = {
  path: (inputs) => ["members", inputs.host],
  objects: (inputs) => [toPlan(inputs)],
  read: async (client, inputs) => {
    const found = (await handler.read(client, toPlan(inputs))) ?? [];
    const held = found.map(({ user, role }) => ({ member: humanName(user, humanPrefix), role }));
    return { ...inputs, members: byMember(held) };
  },
};
