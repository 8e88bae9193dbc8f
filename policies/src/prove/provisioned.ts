/** What Permit would answer for a host, read out of the objects that the plan provisions and nothing else. */
import type { Day, ServerModel } from "../model.ts";
import { consentRole, ownerRole, profileKey, userProfileType } from "../permit-keys.ts";
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

/**
 * Reads the objects of a plan, server by server. `placeOf` numbers the humans. Throws when the plan has no objects of a
 * server: one without a type can't be provisioned.
 */
export function provisionedOn(objects: readonly PermitObject[], placeOf: ReadonlyMap<string, number>) {
  const types = new Map<string, ResourceTypePlan>();
  const tuples = new Map<string, Readonly<Record<string, TrustLevel>>>();
  const terms = new Map<string, Terms>();
  const humans = new Set<string>();
  for (const object of objects) {
    if (object.kind === "resource-type") types.set(object.key, object);
    if (object.kind === "server-grants") tuples.set(object.server, object.ceilings);
    if (object.kind === "humans") for (const email of object.emails) humans.add(email);
    if (object.kind !== "resource-instance" || object.key !== object.resource) continue;
    if ("grant_terms" in object.attributes) terms.set(object.key, object.attributes.grant_terms ?? {});
  }
  const profileRoles = Object.keys(types.get(userProfileType)?.roles ?? {});
  return (server: ServerModel): ProvisionedServer => {
    const type = types.get(server.key);
    const ceilings = tuples.get(server.key);
    if (type === undefined || ceilings === undefined) throw new Error(`The plan has no objects of ${server.key}.`);
    // Numbers instead of the plan's own objects, of which a large host has hundreds of thousands.
    const ranks = new Int8Array(placeOf.size).fill(-1);
    for (const [human, level] of Object.entries(ceilings)) {
      const place = placeOf.get(human);
      // A tuple needs the profile of its human, which the plan of the humans makes.
      if (place !== undefined && humans.has(human)) ranks[place] = trustRank(level);
    }
    const ceiling = (human: string) => ranks[placeOf.get(human) ?? -1] ?? -1;
    const ownTerms = terms.get(server.key) ?? {};
    return { ceiling, ceilingOn: ceilingByTerms(ownTerms, ceiling), ...ofType(type, server, profileRoles) };
  };
}

/** By profile, the grants of a human: the first that has not ended holds. */
type Terms = Readonly<Record<string, readonly { ceiling: TrustLevel; until?: Day | undefined }[]>>;

function ceilingByTerms(terms: Terms, ceiling: (human: string) => number): ProvisionedServer["ceilingOn"] {
  return (human, on) => {
    const own = terms[profileKey(human)];
    if (own === undefined) return ceiling(human);
    const held = own.find(({ until }) => until === undefined || until >= on);
    return held === undefined ? -1 : trustRank(held.ceiling);
  };
}

/** What the roles, derivations and actions of a server's type say. */
function ofType(type: ResourceTypePlan, server: ServerModel, profileRoles: readonly string[]) {
  const ownRoles = trustLevels.map((level) => consentRole(server.key, level));
  const derivedFrom = Object.values(type.roles).flatMap(({ grantedTo }) => grantedTo.map(({ role }) => role));
  return {
    allows: trustLevels.map((ceiling) =>
      ownRoles.map((held) => {
        const actions = actionsOf(type, held, ceiling);
        return Uint8Array.from(server.tools, ({ action, name }) =>
          actions.has(action) && type.actions[action]?.name === name ? 1 : 0,
        );
      }),
    ),
    wrongWaits: server.tools
      .filter(({ enabled, action, approval }) => {
        return enabled && (type.actions[action]?.attributes?.approval === true) !== approval.length > 0;
      })
      .map(({ name }) => name),
    strangeRoles: [...new Set(derivedFrom)].filter(
      (role) => profileRoles.includes(role) && !ownRoles.includes(role) && role !== ownerRole,
    ),
  };
}
