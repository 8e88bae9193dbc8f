import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { Clock } from "../deps/process.ts";
import type { Secrets } from "../deps/secrets.ts";
import { GatewayError } from "../errors.ts";

/** A rotated secret is known after so long. */
const freshMs = 5 * 60_000;

/** Secrets from a store outside, with the way to let go of it. */
export interface ClosableSecrets extends Secrets {
  close(): void;
}

/**
 * The secrets `{prefix}{name}` of AWS Secrets Manager, as text. Read when needed, at once for all who wait, and again
 * after five minutes; while the service does not answer the last value holds, so that its outage is not ours. A secret
 * that was deleted is gone at once. Region, credentials and endpoint come from where the AWS SDK looks for them.
 */
export function createSecretsManager(prefix: string, clock: Clock): ClosableSecrets {
  const client = new SecretsManagerClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
  const known = new Map<string, { readonly value: string; readonly readAtMs: number }>();
  const reading = new Map<string, Promise<string>>();

  const fetchValue = async (name: string): Promise<string> => {
    const secretName = `${prefix}${name}`;
    const last = known.get(name);
    try {
      const { SecretString: value } = await client.send(new GetSecretValueCommand({ SecretId: secretName }));
      if (value === undefined || value === "") {
        throw new GatewayError("SECRET_UNAVAILABLE", { detail: `the secret ${secretName} holds no text` });
      }
      known.set(name, { value, readAtMs: clock().getTime() });
      return value;
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      if (error instanceof ResourceNotFoundException) known.delete(name);
      else if (last !== undefined) return last.value;
      // The service's message names the secret and the role, and never a value.
      const why = error instanceof Error ? `${error.name}: ${error.message}` : "no answer";
      throw new GatewayError("SECRET_UNAVAILABLE", { detail: `the secret ${secretName}: ${why}` });
    }
  };
  return {
    read: async (name) => {
      const last = known.get(name);
      if (last !== undefined && clock().getTime() - last.readAtMs < freshMs) return last.value;
      const waiting = reading.get(name) ?? fetchValue(name).finally(() => reading.delete(name));
      reading.set(name, waiting);
      return waiting;
    },
    close: () => client.destroy(),
  };
}
