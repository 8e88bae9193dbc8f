import { createHash } from "node:crypto";
import { hostAttributes, serverAttributes, toolAttributes } from "./attributes.ts";
import { byText } from "./by-text.ts";
import { grantOn } from "./decide.ts";
import type { HostAttributes, ServerAttributes, ToolAttributes } from "./host-settings.ts";
import type { Day, HostModel, ServerModel } from "./model.ts";
import { consentRole, gatewayHostType, hostRoles, ownerRole, userProfileType } from "./permit-keys.ts";
import { levelsFrom, reaches, type TrustLevel, trustLevels } from "./trust.ts";

/** "Whoever has `role` on an instance of `onResource` that stands in `relation` to this instance has this role here." */
export interface DerivationRule {
  readonly role: string;
  readonly onResource: string;
  readonly relation: string;
}

/** A role of a resource type: what it may do, and who has it without being assigned. */
export interface RolePlan {
  /** Action keys, sorted. */
  readonly permissions: readonly string[];
  readonly grantedTo: readonly DerivationRule[];
}

/** The environment that is the host. */
export interface EnvironmentPlan {
  readonly kind: "environment";
  readonly project: string;
  readonly key: string;
  readonly name: string;
}

/** A resource type with its actions, roles and relations (relation key -> subject resource type). */
export interface ResourceTypePlan {
  readonly kind: "resource-type";
  readonly key: string;
  readonly name: string;
  readonly actions: Readonly<Record<string, { readonly name: string; readonly attributes: ToolAttributes | null }>>;
  readonly roles: Readonly<Record<string, RolePlan>>;
  readonly relations: Readonly<Record<string, string>>;
}

/** One resource instance in tenant `default` with its attributes. */
export interface ResourceInstancePlan {
  readonly kind: "resource-instance";
  readonly resource: string;
  readonly key: string;
  readonly attributes: ServerAttributes | HostAttributes;
}

/** All humans of the host: a user, a profile instance and the owner role on it for each e-mail address. */
export interface HumansPlan {
  readonly kind: "humans";
  /** Sorted. */
  readonly emails: readonly string[];
}

/** The ceilings of one server: e-mail -> level, one relationship tuple each. */
export interface ServerGrantsPlan {
  readonly kind: "server-grants";
  readonly server: string;
  readonly ceilings: Readonly<Record<string, TrustLevel>>;
}

/** Who administers the host, approves its calls and reads its audit log: roles on its `gateway_host` instance. */
export interface HostMembersPlan {
  readonly kind: "host-members";
  readonly host: string;
  /** Role -> e-mail addresses, sorted. */
  readonly roles: Readonly<Record<keyof typeof hostRoles, readonly string[]>>;
}

/** One object to provision. */
export type PermitObject =
  | EnvironmentPlan
  | ResourceTypePlan
  | ResourceInstancePlan
  | HumansPlan
  | ServerGrantsPlan
  | HostMembersPlan;

/**
 * The twelve rules that make server roles min(ceiling, consent) with one relationship tuple per ceiling: a consent
 * of at least `level` under a ceiling of exactly `level`, and a consent of exactly `level` under any higher ceiling.
 * The human's own `owner` role gets exactly the ceiling.
 */
function minDerivations(server: string, level: TrustLevel): DerivationRule[] {
  const rule = (role: string, relation: TrustLevel): DerivationRule => ({
    role,
    onResource: userProfileType,
    relation,
  });
  const [, ...higher] = levelsFrom(level);
  return [
    rule(ownerRole, level),
    ...levelsFrom(level).map((consent) => rule(consentRole(server, consent), level)),
    ...higher.map((ceiling) => rule(consentRole(server, level), ceiling)),
  ];
}

function userProfileTypePlan(host: HostModel): ResourceTypePlan {
  const roles = [ownerRole, ...host.servers.flatMap(({ key }) => trustLevels.map((level) => consentRole(key, level)))];
  return {
    kind: "resource-type",
    key: userProfileType,
    name: "User profile",
    actions: {},
    roles: Object.fromEntries(roles.map((role) => [role, { permissions: [], grantedTo: [] }])),
    relations: {},
  };
}

function gatewayHostTypePlan(): ResourceTypePlan {
  return {
    kind: "resource-type",
    key: gatewayHostType,
    name: "Gateway host",
    actions: Object.fromEntries(
      Object.values(hostRoles).map(({ action, name }) => [action, { name, attributes: null }]),
    ),
    roles: Object.fromEntries(
      Object.entries(hostRoles).map(([role, { action }]) => [role, { permissions: [action], grantedTo: [] }]),
    ),
    relations: {},
  };
}

function serverTypePlan(server: ServerModel): ResourceTypePlan {
  const enabled = server.tools.filter((tool) => tool.enabled).toSorted((a, b) => byText(a.action, b.action));
  const role = (level: TrustLevel): RolePlan => ({
    permissions: enabled.filter((tool) => reaches(level, tool.trust)).map((tool) => tool.action),
    grantedTo: minDerivations(server.key, level),
  });
  return {
    kind: "resource-type",
    key: server.key,
    name: server.name,
    actions: Object.fromEntries(
      enabled.map((tool) => [tool.action, { name: tool.name, attributes: toolAttributes(tool) }]),
    ),
    roles: Object.fromEntries(trustLevels.map((level) => [level, role(level)])),
    relations: Object.fromEntries(trustLevels.map((level) => [level, userProfileType])),
  };
}

/** A text that is the same for the same objects, and short: documents in Permit are limited to a few kilobytes. */
function revisionOf(objects: readonly PermitObject[]): string {
  return createHash("sha256").update(JSON.stringify(objects)).digest("base64url").slice(0, 16);
}

/** The ceilings of a server on a day, one for each human who has a grant that holds. */
function ceilings(host: HostModel, server: string, humans: Iterable<string>, on: Day): ServerGrantsPlan["ceilings"] {
  const found = [...humans].flatMap((human) => {
    const grant = grantOn(host, server, human, on);
    return grant === undefined ? [] : [[human, grant.ceiling] as const];
  });
  return Object.fromEntries(found);
}

/**
 * The Permit objects of a host on a day, in the order in which they can be made: each refers only to earlier ones.
 * Deleting goes the other way round. The same list feeds the local start and the Pulumi program. A grant that has ended
 * by `today` makes no ceiling; one that ends later is in the attributes of its server, where the gateway sees it end.
 */
export function plan(host: HostModel, today: Day): readonly PermitObject[] {
  const grants = Map.groupBy(host.grants, (grant) => grant.server);
  const grantsOfServer = (server: string) => grants.get(server) ?? [];
  const servers = host.servers.flatMap((server): PermitObject[] => [
    serverTypePlan(server),
    {
      kind: "resource-instance",
      resource: server.key,
      key: server.key,
      attributes: serverAttributes(server, grantsOfServer(server.key)),
    },
  ]);
  return [
    { kind: "environment", project: host.permit.project, key: host.permit.environment, name: host.name },
    userProfileTypePlan(host),
    gatewayHostTypePlan(),
    ...servers,
    { kind: "humans", emails: host.humans.map((human) => human.email) },
    ...host.servers.map(({ key }): PermitObject => {
      const humans = new Set(grantsOfServer(key).map(({ human }) => human));
      return { kind: "server-grants", server: key, ceilings: ceilings(host, key, humans, today) };
    }),
    // Last of all: the gateway trusts a server only once the host's settings list it, when all its rules are in place.
    {
      kind: "resource-instance",
      resource: gatewayHostType,
      key: host.key,
      attributes: hostAttributes(host, revisionOf(servers)),
    },
    {
      kind: "host-members",
      host: host.key,
      roles: { admin: host.admins, approver: host.approvers, auditor: host.auditors },
    },
  ];
}
