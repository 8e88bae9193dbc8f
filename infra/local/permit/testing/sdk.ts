import { Permit } from "permitio";

/** The unmodified SDK, pointed at a local Permit for both control plane and decisions. */
export function connect(url: string, token: string): Permit {
  return new Permit({ token, apiUrl: url, pdp: url, timeout: 10_000, log: { level: "fatal" } });
}

/** Makes an environment in project `default` and returns the SDK with its own key. */
export async function newEnvironment(
  url: string,
  orgKey: string,
  key: string,
): Promise<{ permit: Permit; secret: string }> {
  const organization = connect(url, orgKey);
  await organization.api.environments.create("default", { key, name: key });
  const { secret } = await organization.api.environments.getApiKey("default", key);
  if (secret === undefined) throw new Error("The environment has no secret.");
  return { permit: connect(url, secret), secret };
}
