import { isDeepStrictEqual } from "node:util";
import { instanceRef, userProfileType } from "@permit-mcp-gateway/policies";
import { humans as handler } from "../humans.ts";
import { type ActualHumans, humanPrefix } from "../humans-read.ts";
import { humanName } from "./human-name.ts";
import type { Located, ResourceKind } from "./kind.ts";

/** The humans of a host, by e-mail address, and what each is in Permit. */
export interface HumansInputs extends Located {
  readonly kind: "humans";
  readonly humans: Readonly<Record<string, string>>;
}

/** A human of whom all is there. */
export const wholeHuman = "user, profile, owner";

const toPlan = (inputs: HumansInputs) => ({ kind: "humans", emails: Object.keys(inputs.humans).toSorted() }) as const;

/** What there is of the human with this key, in words that differ when anything differs. */
function describe(key: string, email: string, actual: ActualHumans, owners: readonly string[]): string {
  const userKey = `${humanPrefix}${key}`;
  const user = actual.users.get(userKey);
  const profile = actual.profiles.get(key);
  const userIsRight = user?.email === email && user.attributes.email === email;
  const profileIsRight = isDeepStrictEqual(profile, { email });
  return [
    ...(user === undefined ? [] : [userIsRight ? "user" : `user with the address ${user.email ?? "of nobody"}`]),
    ...(profile === undefined ? [] : [profileIsRight ? "profile" : `profile with ${JSON.stringify(profile)}`]),
    ...(owners.includes(userKey) ? ["owner"] : []),
    ...owners
      .filter((owner) => owner !== userKey)
      .toSorted()
      .map((owner) => `owner ${owner}`),
  ].join(", ");
}

const profilePrefix = instanceRef(userProfileType, "");

export const humans: ResourceKind<HumansInputs> = {
  path: () => ["humans"],
  objects: (inputs) => [toPlan(inputs)],
  read: async (client, inputs) => {
    const actual = await handler.read(client, toPlan(inputs));
    if (actual === undefined) return undefined;
    const owners = Map.groupBy(actual.owners, ({ resource_instance }) => resource_instance.slice(profilePrefix.length));
    const keys = new Set([
      ...[...actual.users.keys()].map((key) => key.slice(humanPrefix.length)),
      ...actual.profiles.keys(),
    ]);
    const described = [...keys].map((key) => {
      const name = humanName(`${humanPrefix}${key}`, humanPrefix);
      const ownUsers = (owners.get(key) ?? []).map(({ user }) => user);
      return [name, describe(key, name, actual, ownUsers)] as const;
    });
    return { ...inputs, humans: Object.fromEntries(described) };
  },
};
