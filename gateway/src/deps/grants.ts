/** Consents as they are stored. */
import type { TrustLevel } from "@permit-mcp-gateway/policies";

/** An OAuth client acting for a human: the unit that consents and decisions are about. */
export interface AgentIdentity {
  readonly clientId: string;
  readonly clientName: string;
  /** The human's verified e-mail address, lower case. */
  readonly email: string;
}

/** A stored consent: which agent may use which server, until when. */
export interface Grant extends AgentIdentity {
  readonly id: string;
  /**
   * Id of the first grant of the same authorization: a human may give several servers at once. It is in every access token
   * (`gw_grant`).
   */
  readonly connectionId: string;
  /** Subject of the sign-in account. */
  readonly userId: string;
  /**
   * Path of the resource that its tokens are for: `/mcp/{server}` where the client asked for a server, `/mcp` where the
   * human chose it.
   */
  readonly resource: string;
  readonly server: string;
  readonly level: TrustLevel;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  /** End by the policy of the day of the consent. A policy that has changed since may end it sooner, never later. */
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}

/** Grants in the database: the first thing a revocation changes, because every replica reads it on every request. */
export interface GrantStore {
  create(grant: Omit<Grant, "createdAt" | "lastUsedAt" | "revokedAt">): Promise<Grant>;
  find(id: string): Promise<Grant | undefined>;
  /** The grants of one authorization, ended ones too, in an order that stays. Empty for an unknown id. */
  ofConnection(connectionId: string): Promise<readonly Grant[]>;
  /** Of one human, newest first, without those that are revoked or past their stored end. */
  listActive(userId: string): Promise<readonly Grant[]>;
  /** Sets `revokedAt` on these grants. Already revoked ones are fine. */
  revoke(ids: readonly string[]): Promise<void>;
  /** Sets the level of these grants. Revoked ones keep theirs. */
  setLevel(ids: readonly string[], level: TrustLevel): Promise<void>;
  /** Sets `lastUsedAt` to now, at most once a minute per grant. */
  touch(grant: Pick<Grant, "id" | "connectionId">): Promise<void>;
}
