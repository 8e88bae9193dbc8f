import { createHash } from "node:crypto";
import type { Journal } from "./journal.ts";
import type { Attributes } from "./rows.ts";
import { type Row, Table } from "./table.ts";

export interface ProjectRow extends Row {
  readonly key: string;
  readonly name: string;
  readonly description: string | null;
  readonly urn_namespace: string | null;
  readonly settings: Attributes | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface EnvironmentRow extends Row {
  readonly project_id: string;
  readonly key: string;
  readonly name: string;
  readonly description: string | null;
  readonly custom_branch_name: string | null;
  readonly settings: Attributes | null;
  readonly jwks: Attributes | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** What a key may do within its scope, least first. */
export const accessLevels = ["no_access", "read", "write", "admin"] as const;
export type AccessLevel = (typeof accessLevels)[number];

/** An API key with its secret in clear: Permit hands an environment's key out again, so a digest would not do. */
export interface ApiKeyRow extends Row {
  readonly secret: string;
  readonly name: string | null;
  /** null: a key of the whole organization. */
  readonly project_id: string | null;
  /** null: a key of the whole project or organization. */
  readonly environment_id: string | null;
  readonly access_level: AccessLevel;
  /** What the key is for, in Permit's words; nothing is decided by it. */
  readonly owner_type: "pdp_config" | "member" | "elements";
  readonly created_at: string;
}

/** The key of whoever started this local Permit: it opens everything, and no call takes it away. */
export function startKeyOf({ apiKeys }: Pick<OrganizationState, "apiKeys">): ApiKeyRow | undefined {
  return [...apiKeys].find((key) => key.project_id === null && key.environment_id === null);
}

/** The organization as such, made at first start. */
export interface OrganizationRow extends Row {
  readonly created_at: string;
}

/** What a key is looked up by: comparing secrets character by character would tell an attacker how far a guess is right. */
export function secretDigest(secret: string): string {
  const known = digests.get(secret);
  if (known !== undefined) return known;
  const digest = createHash("sha256").update(secret).digest("hex");
  // Whoever sends other keys all the time fills it, and then it begins anew.
  if (digests.size >= digestsMax) digests.clear();
  digests.set(secret, digest);
  return digest;
}

/** Clients send the same few keys with every request. Found by their hash, so that no comparison stops half-way either. */
const digests = new Map<string, string>();
const digestsMax = 1_000;

export const organizationScope = "organization";

/** Projects, environments and the keys to them. */
export class OrganizationState {
  readonly organizations: Table<OrganizationRow>;
  readonly projects: Table<ProjectRow>;
  readonly environments: Table<EnvironmentRow, "project">;
  readonly apiKeys: Table<ApiKeyRow, "project" | "environment">;

  constructor(journal: Journal) {
    const place = (kind: string) => ({ scope: organizationScope, kind, journal });
    this.organizations = new Table(place("organization"), () => "", {});
    this.projects = new Table(place("project"), (row) => row.key, {});
    this.environments = new Table(place("environment"), (row) => `${row.project_id} ${row.key}`, {
      project: (row) => row.project_id,
    });
    this.apiKeys = new Table(place("api_key"), (row) => secretDigest(row.secret), {
      project: (row) => row.project_id,
      environment: (row) => row.environment_id,
    });
  }
}
