/** What Permit would answer for a host, read out of the objects that the plan provisions and nothing else. */
import type { Day, ServerModel } from "../model.ts";
import { consentRole, profileKey, userProfileType } from "../permit-keys.ts";
import type { PermitObject, ResourceTypePlan } from "../plan.ts";
import { type TrustLevel, trustLevels, trustRank } from "../trust.ts";

/** The provisioned form of one server. Ranks are those of `trustRank`. */
export interface ProvisionedServer {
  /** The ceiling's rank in the tuple of a human; -1 when there is none. */
  readonly ceiling: (human: string) => number;
  /** The ceiling's rank on a day as the gateway sees it: from the terms of grants that end, else from the tuple. */
  readonly ceilingOn: (human: string, on: Day) => number;
  /** By rank of the ceiling and of the consent: for each tool of the server, 1 where Permit allows it. */
  readonly allows: readonly (readonly Uint8Array[])[];
  /** Enabled tools of which the gateway is told otherwise than the model says whether their calls wait. */
  readonly wrongWaits: readonly string[];
  /** Roles on a human's profile that give something here and are not consents to this server, nor the human's own. */
  readonly strangeRoles: readonly string[];
}

/** Actions of all roles that a role on a human's profile gives, by the derivations over the relation of the ceiling. */
function actionsOf(type: ResourceTypePlan, held: string, relation: TrustLevel): ReadonlySet<string> {
  const roles = Object.values(type.roles).filter(({ grantedTo }) =>
    grantedTo.some((rule) => rule.onResource === userProfileType && rule.role === held && rule.relation === relation),
  );
  return new Set(roles.flatMap(({ permissions }) => permissions));
}

/** Reads the objects of one server. Throws when the plan has none: a server without a type can't be provisioned. */
export function provisionedServer(objects: readonly PermitObject[], server: ServerModel): ProvisionedServer {
  let type: ResourceTypePlan | undefined;
  let ceilings: Readonly<Record<string, TrustLevel>> | undefined;
  let terms: Readonly<Record<string, readonly { ceiling: TrustLevel; until?: Day | undefined }[]>> = {};
  const humans = new Set<string>();
  const profileRoles: string[] = [];
  for (const object of objects) {
    if (object.kind === "resource-type" && object.key === server.key) type = object;
    if (object.kind === "resource-type" && object.key === userProfileType)
      profileRoles.push(...Object.keys(object.roles));
    if (object.kind === "server-grants" && object.server === server.key) ceilings = object.ceilings;
    if (object.kind === "humans") for (const email of object.emails) humans.add(email);
    if (object.kind === "resource-instance" && object.key === server.key && object.resource === server.key) {
      terms = ("grant_terms" in object.attributes ? object.attributes.grant_terms : undefined) ?? {};
    }
  }
  if (type === undefined || ceilings === undefined) throw new Error(`The plan has no objects of ${server.key}.`);
  const serverType = type;
  const tuples = ceilings;
  const ownRoles = trustLevels.map((level) => consentRole(server.key, level));
  const allows = trustLevels.map((ceiling) =>
    ownRoles.map((held) => {
      const actions = actionsOf(serverType, held, ceiling);
      return Uint8Array.from(server.tools, ({ action, name }) =>
        actions.has(action) && serverType.actions[action]?.name === name ? 1 : 0,
      );
    }),
  );
  // A tuple needs the profile of its human, which the plan of the humans makes.
  const ceiling = (human: string) => {
    const level = humans.has(human) && Object.hasOwn(tuples, human) ? tuples[human] : undefined;
    return level === undefined ? -1 : trustRank(level);
  };
  return {
    ceiling,
    ceilingOn: (human, on) => {
      const own = terms[profileKey(human)];
      if (own === undefined) return ceiling(human);
      const held = own.find(({ until }) => until === undefined || until >= on);
      return held === undefined ? -1 : trustRank(held.ceiling);
    },
    allows,
    wrongWaits: server.tools
      .filter(({ enabled, action, approval }) => {
        return enabled && (serverType.actions[action]?.attributes?.approval === true) !== approval.length > 0;
      })
      .map(({ name }) => name),
    strangeRoles: [
      ...new Set(Object.values(type.roles).flatMap(({ grantedTo }) => grantedTo.map(({ role }) => role))),
    ].filter((role) => !ownRoles.includes(role) && profileRoles.includes(role) && role !== "owner"),
  };
}
