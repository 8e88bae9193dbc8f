import type { TrustLevel } from "@permit-mcp-gateway/policies";

/** A grant that a human had given an agent and that had not ended at the end of a period. */
export interface StandingGrant {
  readonly id: string;
  readonly human: string;
  readonly clientId: string;
  readonly clientName: string;
  readonly server: string;
  readonly level: TrustLevel;
  readonly createdAt: Date;
  /** Until now, not until the end of the period. */
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  /** `jti` of the newest permission receipt of that time; null when there is none. */
  readonly receiptId: string | null;
}
