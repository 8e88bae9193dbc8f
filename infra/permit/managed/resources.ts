import {
  type EnvironmentPlan,
  gatewayHostType,
  type PermitObject,
  type ResourceInstancePlan,
  type ResourceTypePlan,
  userProfileType,
} from "@permit-mcp-gateway/policies";
import type { EnvironmentRef } from "../client.ts";
import type { EnvironmentInputs } from "./environment.ts";
import { type GatewayHostInputs, gatewayHost } from "./gateway-host.ts";
import { byMember, type HostMembersInputs, hostMembers } from "./host-members.ts";
import { type HumansInputs, humans, wholeHuman } from "./humans.ts";
import type { ResourceKind } from "./kind.ts";
import { plain } from "./plain.ts";
import type { PolicyRecordInputs } from "./policy-record.ts";
import { type ServerInputs, server } from "./server.ts";
import { type ServerGrantsInputs, serverGrants } from "./server-grants.ts";
import { typeText } from "./type-text.ts";
import { type UserProfileInputs, userProfile } from "./user-profile.ts";

/** The inputs of a resource that lives in an environment. */
export type InnerInputs =
  | UserProfileInputs
  | ServerInputs
  | HumansInputs
  | ServerGrantsInputs
  | GatewayHostInputs
  | HostMembersInputs;
/** The inputs of any Permit resource, plain data. */
export type ManagedInputs = EnvironmentInputs | InnerInputs | PolicyRecordInputs;

const kinds: { readonly [Inputs in InnerInputs as Inputs["kind"]]: ResourceKind<Inputs> } = {
  "user-profile": userProfile,
  server,
  humans,
  "server-grants": serverGrants,
  "gateway-host": gatewayHost,
  "host-members": hostMembers,
};

/** What is known of the kind of these inputs. */
export function kindOf<Inputs extends InnerInputs>(inputs: Inputs): ResourceKind<Inputs> {
  return kinds[inputs.kind] as unknown as ResourceKind<Inputs>;
}

/** Pulumi marks a secret by this key in any map; a tool of that name would be taken for one. */
const pulumiMark = "4dabf18193072939515e22adb298388d";

function checkKeys(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === "__proto__" || key === pulumiMark) {
      throw new TypeError(`"${key}" can't be a name in a Pulumi stack: it means something else there.`);
    }
    checkKeys(item);
  }
}

type Types = ReadonlyMap<string, ResourceTypePlan>;

function instanceInputs({ resource, key, attributes }: ResourceInstancePlan, place: EnvironmentRef, types: Types) {
  const type = types.get(resource);
  if (type === undefined) throw new TypeError(`The plan has no type ${resource}.`);
  const text = { ...place, ...typeText(type), attributes: plain(attributes) as Readonly<Record<string, unknown>> };
  return resource === gatewayHostType
    ? ({ ...text, kind: "gateway-host", host: key } as const)
    : ({ ...text, kind: "server", server: key } as const);
}

/** The inputs of one plan object; none for a type that has an instance, which is what the resource is made of. */
function innerInputs(object: PermitObject, place: EnvironmentRef, types: Types): InnerInputs[] {
  switch (object.kind) {
    case "environment":
      throw new TypeError("A plan has one environment.");
    case "resource-type":
      return object.key === userProfileType ? [{ ...place, kind: "user-profile", ...typeText(object) }] : [];
    case "resource-instance":
      return [instanceInputs(object, place, types)];
    case "humans": {
      const whole = object.emails.map((email) => [email, wholeHuman] as const);
      return [{ ...place, kind: "humans", humans: Object.fromEntries(whole) }];
    }
    case "server-grants":
      return [{ ...place, kind: "server-grants", server: object.server, grants: { ...object.ceilings } }];
    case "host-members": {
      const held = Object.entries(object.roles).flatMap(([role, emails]) => emails.map((member) => ({ member, role })));
      return [{ ...place, kind: "host-members", host: object.host, members: byMember(held) }];
    }
  }
}

/**
 * A plan as the inputs of Pulumi resources, in the order in which they are made: a type with its instance is one
 * resource, everything else is one each. Throws a TypeError for names that Pulumi's state can't hold.
 */
export function managedResources(plan: readonly PermitObject[]): readonly [EnvironmentInputs, ...InnerInputs[]] {
  const [first, ...objects] = plan;
  if (first?.kind !== "environment") throw new TypeError("A plan begins with its environment.");
  const types = new Map(objects.flatMap((object) => (object.kind === "resource-type" ? [[object.key, object]] : [])));
  const place = { project: first.project, environment: first.key };
  const inner = objects.flatMap((object) => innerInputs(object, place, types));
  const outer = environmentInputs(first, hostKey(objects));
  checkKeys([outer, inner]);
  return [outer, ...inner];
}

function hostKey(objects: readonly PermitObject[]): string {
  const host = objects.find((object) => object.kind === "resource-instance" && object.resource === gatewayHostType);
  if (host?.kind !== "resource-instance") throw new TypeError("A plan has the settings of its host.");
  return host.key;
}

function environmentInputs({ project, key, name }: EnvironmentPlan, host: string): EnvironmentInputs {
  return { kind: "environment", project, environment: key, host, name };
}
