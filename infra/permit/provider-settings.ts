import { setTimeout as sleep } from "node:timers/promises";
import { connectOrganization, type OrganizationClient } from "./client.ts";
import type { PermitPlanName } from "./quotas.ts";
import { createPacer } from "./rate-limits.ts";

/** What the providers take from the stack's configuration, as its texts. */
export interface ProviderConfig {
  readonly permitApiUrl?: string | undefined;
  readonly permitApiKey: string;
  readonly permitPlan?: string | undefined;
  readonly permitRateLimits?: string | undefined;
  readonly adopt?: string | undefined;
}

/** The same, understood. */
export interface ProviderSettings {
  readonly apiUrl: string;
  /** Organization- or project-level. A secret. */
  readonly apiKey: string;
  /** Undefined: not said, so nothing is refused. */
  readonly permitPlan: PermitPlanName | undefined;
  /** Whether to keep to the limits of Permit's service. */
  readonly paced: boolean;
  /** Whether a host that is in Permit already is taken over. */
  readonly adopt: boolean;
  /** How to wait before going on. */
  readonly wait: (ms: number) => Promise<unknown>;
  /** One line for whoever runs Pulumi. */
  readonly tell: (line: string) => void;
}

/** Base of Permit's service. */
export const permitServiceUrl = "https://api.permit.io";

/** Understands the configuration. What the program refuses already is taken as not said. */
export function providerSettings(config: ProviderConfig): ProviderSettings {
  const { permitApiUrl = permitServiceUrl, permitApiKey, permitPlan, permitRateLimits, adopt } = config;
  return {
    apiUrl: permitApiUrl,
    apiKey: permitApiKey,
    permitPlan: permitPlan === "community" || permitPlan === "unlimited" ? permitPlan : undefined,
    paced: permitRateLimits !== "none",
    adopt: adopt === "true",
    wait: sleep,
    // Pulumi shows what a provider writes there.
    tell: (line) => process.stdout.write(`${line}\n`),
  };
}

const organizations = new Map<string, OrganizationClient>();

/** One client per process and key: Pulumi calls for each resource, and each new client asks for scope and keys again. */
export function organizationOf({ apiUrl, apiKey, paced, tell }: ProviderSettings): OrganizationClient {
  const key = JSON.stringify([apiUrl, apiKey, paced]);
  const known = organizations.get(key);
  if (known !== undefined) return known;
  const made = connectOrganization({
    apiUrl,
    apiKey,
    onWait: tell,
    ...(paced ? { pace: createPacer() } : {}),
  });
  organizations.set(key, made);
  return made;
}
