import { isDeepStrictEqual } from "node:util";
import {
  defaultTenant,
  type HumansPlan,
  humanKey,
  instanceRef,
  ownerRole,
  profileKey,
  userProfileType,
} from "@permit-mcp-gateway/policies";
import type { EnvironmentClient } from "./client.ts";
import { compareFacts, summarize } from "./fact-difference.ts";
import { inBulk, type ObjectHandler, type Step } from "./handler.ts";
import { type ActualHumans, agentKeysOf, humanPrefix, type Owner, readHumans } from "./humans-read.ts";

/** What each human is in Permit: a user, a profile instance, and the owner role on it. */
export function toRequest(plan: HumansPlan) {
  return {
    users: plan.emails.map((email) => ({ key: humanKey(email), email, attributes: { email } })),
    profiles: plan.emails.map((email) => ({
      resource: userProfileType,
      key: profileKey(email),
      tenant: defaultTenant,
      attributes: { email },
    })),
    owners: plan.emails.map((email) => ({
      user: humanKey(email),
      role: ownerRole,
      tenant: defaultTenant,
      resource_instance: instanceRef(userProfileType, profileKey(email)),
    })),
  };
}

/** Humans to remove, by what is left of them. */
interface GoneHumans {
  /** Keys of their profiles, existing ones or not. */
  readonly keys: readonly string[];
  /** Keys of the profiles that exist. */
  readonly profiles: readonly string[];
  /** Keys of the users that exist. */
  readonly users: readonly string[];
}

/**
 * Removes humans with all that hangs on them. The profiles first: with them go the ceilings and every agent's consents,
 * so nothing is allowed from then on. The users last: while they are there, a broken-off removal is found and finished.
 */
async function removeHumans(client: EnvironmentClient, gone: GoneHumans): Promise<void> {
  const refs = gone.profiles.map((key) => instanceRef(userProfileType, key));
  await inBulk(refs, (batch) => client.deleteInstances(batch));
  const agents: string[] = [];
  for (const key of gone.keys) agents.push(...(await agentKeysOf(client, key)));
  await inBulk([...agents, ...gone.users], (batch) => client.api.users.bulkUserDelete(batch));
}

const ownerIdentity = ({ user, resource_instance }: Owner) => `${user} ${resource_instance}`;

function tighteningSteps(client: EnvironmentClient, actual: ActualHumans, next: HumansPlan): Step[] {
  const wanted = toRequest(next);
  const kept = new Set(wanted.profiles.map((profile) => profile.key));
  const keptUsers = new Set(wanted.users.map((user) => user.key));
  const goneProfiles = [...actual.profiles.keys()].filter((key) => !kept.has(key));
  const goneUsers = [...actual.users.keys()].filter((key) => !keptUsers.has(key));
  const gone = [...new Set([...goneProfiles, ...goneUsers.map((key) => key.slice(humanPrefix.length))])];
  const strangers = compareFacts<Owner, Owner, Owner>(actual.owners, wanted.owners, ownerIdentity).surplus.filter(
    (owner) => kept.has(owner.resource_instance.slice(userProfileType.length + 1)),
  );
  const steps: Step[] = [];
  if (strangers.length > 0) {
    steps.push({
      effect: "tighten",
      summary: summarize(strangers.map((owner) => `${owner.user} no longer owns ${owner.resource_instance}`)),
      run: () =>
        inBulk(
          strangers.map((owner) => ({ ...owner, role: ownerRole, tenant: defaultTenant })),
          (batch) => client.api.roleAssignments.bulkUnassign(batch),
        ),
    });
  }
  if (gone.length > 0) {
    steps.push({
      effect: "tighten",
      summary: `${summarize(gone.map((key) => `${humanPrefix}${key}`))} removed, with their agents`,
      run: () => removeHumans(client, { keys: gone, profiles: goneProfiles, users: goneUsers }),
    });
  }
  return steps;
}

function wideningSteps(client: EnvironmentClient, actual: ActualHumans, next: HumansPlan): Step[] {
  const wanted = toRequest(next);
  const newUsers = wanted.users.filter((user) => !actual.users.has(user.key));
  const changedUsers = wanted.users.filter((user) => {
    const current = actual.users.get(user.key);
    return current !== undefined && (current.email !== user.email || current.attributes.email !== user.email);
  });
  const profiles = wanted.profiles.filter(
    ({ key, attributes }) => !isDeepStrictEqual(actual.profiles.get(key), attributes),
  );
  const owners = compareFacts<Owner, Owner, (typeof wanted.owners)[number]>(
    actual.owners,
    wanted.owners,
    ownerIdentity,
  ).missing;
  const step = (items: readonly { readonly key: string }[], what: string, run: Step["run"]): Step[] =>
    items.length === 0 ? [] : [{ effect: "widen", summary: `${what} ${summarize(items.map(({ key }) => key))}`, run }];
  return [
    ...step(newUsers, "users created:", () => inBulk(newUsers, (batch) => client.api.users.bulkUserCreate(batch))),
    // One by one: a bulk replace would drop what else is known of the user.
    ...step(changedUsers, "users changed:", async () => {
      for (const { key, email, attributes } of changedUsers) {
        await client.api.users.update(key, {
          email,
          attributes: { ...actual.users.get(key)?.attributes, ...attributes },
        });
      }
    }),
    ...step(profiles, "profiles written:", () => inBulk(profiles, (batch) => client.replaceInstances(batch))),
    ...step(
      owners.map((owner) => ({ key: owner.resource_instance })),
      "owners assigned on",
      () => inBulk(owners, (batch) => client.api.roleAssignments.bulkAssign(batch)),
    ),
  ];
}

const nobody: ActualHumans = { users: new Map(), profiles: new Map(), owners: [] };

export const humans: ObjectHandler<EnvironmentClient, HumansPlan, ActualHumans> = {
  read: (client) => readHumans(client),
  steps: (client, actual = nobody, next) => [
    ...tighteningSteps(client, actual, next),
    ...wideningSteps(client, actual, next),
  ],
  removal: (client, actual = nobody, plan) => tighteningSteps(client, actual, { ...plan, emails: [] }),
};
