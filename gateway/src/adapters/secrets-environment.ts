import type { Secrets } from "../deps/secrets.ts";
import { GatewayError } from "../errors.ts";

/**
 * The variable that holds a secret: `linear/key` is in `SECRET_LINEAR_KEY`. The prefix keeps a policy from naming the
 * gateway's own variables, or those of the cloud it runs in, and having them sent to a server.
 */
export function secretVariable(name: string): string {
  return `SECRET_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
}

/** Secrets from variables of the environment. */
export function createEnvironmentSecrets(environment: NodeJS.ProcessEnv): Secrets {
  return {
    read: async (name) => {
      const variable = secretVariable(name);
      const value = environment[variable];
      if (value !== undefined && value !== "") return value;
      throw new GatewayError("SECRET_UNAVAILABLE", { detail: `the variable ${variable} is not set` });
    },
  };
}
