/** What becomes of consents, for the audit log, and the receipt of each that lets an agent do something. */
import { randomUUID } from "node:crypto";
import type { TrustLevel } from "@permit-mcp-gateway/policies";
import { consentRecord } from "../audit/record.ts";
import type { AuditSink } from "../deps/audit.ts";
import type { RecordedRequest } from "../deps/audit-records.ts";
import type { AgentIdentity, Grant } from "../deps/grants.ts";
import type { HostSettings, ServerSettings } from "../deps/host-settings.ts";
import type { Clock } from "../deps/process.ts";
import type { ReceiptStore, SigningKeys } from "../deps/tokens.ts";
import type { GatewayError } from "../errors.ts";
import { endOfGrant, visibleEnd } from "./grant-life.ts";
import { receiptOf, receiptType } from "./receipt.ts";

/** What the log is written with. */
export interface ConsentLogDeps {
  readonly publicUrl: string;
  readonly hostKey: string;
  readonly audit: AuditSink;
  readonly signingKeys: SigningKeys;
  readonly receipts: ReceiptStore;
  readonly clock: Clock;
}

/** Why a consent ended before its time, as the audit log says it. */
export const endCauses = {
  REVOKED_BY_HUMAN: "The human revoked it.",
  REVOKED_BY_CLIENT: "The client gave its token back (RFC 7009).",
  REFRESH_TOKEN_REPLAYED: "A refresh token of it came back after it was used: it may have been stolen.",
  CODE_REPLAYED: "The authorization code of it came back after it was used: it may have been stolen.",
  SERVER_FORGOTTEN: "The human forgot the server.",
  CODE_NOT_ISSUED: "The authorization server issued no code for it.",
} as const;

/** A code of `endCauses`. */
export type EndCause = keyof typeof endCauses;

/** What a consent was given under. */
export interface ConsentTerms {
  readonly host: HostSettings;
  readonly server: ServerSettings;
  readonly ceiling: TrustLevel;
}

export interface ConsentLog {
  /**
   * A consent holds from now on at `grant.level`: signs the receipt, stores it and writes the record. Throws GatewayError
   * AUDIT_UNAVAILABLE, and what the database throws: then nobody may get a token for it.
   */
  granted(
    request: RecordedRequest,
    event: "consent" | "consent_lowered",
    grant: Grant,
    terms: ConsentTerms,
  ): Promise<void>;
  /** The human asked for a level that is not theirs to give. Throws GatewayError AUDIT_UNAVAILABLE. */
  refused(
    request: RecordedRequest,
    agent: AgentIdentity,
    asked: { readonly server: string; readonly level: TrustLevel },
    error: GatewayError,
  ): Promise<void>;
  /** The human said no. Throws GatewayError AUDIT_UNAVAILABLE. */
  denied(request: RecordedRequest, agent: AgentIdentity, server: string | null): Promise<void>;
  /** A consent ended before its time. Throws GatewayError AUDIT_UNAVAILABLE; the consent has ended all the same. */
  ended(request: RecordedRequest, grant: Grant, cause: EndCause): Promise<void>;
}

export function createConsentLog({
  publicUrl,
  hostKey,
  audit,
  signingKeys,
  receipts,
  clock,
}: ConsentLogDeps): ConsentLog {
  const about = ({ requestId, clientAddress }: RecordedRequest, agent: AgentIdentity) => {
    return { requestId, clientAddress, host: hostKey, now: clock(), agent };
  };

  const issueReceipt = async (grant: Grant, { host, server, ceiling }: ConsentTerms): Promise<string> => {
    const id = randomUUID();
    const rules = { host, server };
    const endsAt = visibleEnd(endOfGrant(grant, rules), grant.email, rules);
    const now = clock();
    const jws = await signingKeys.sign(
      receiptOf({ id, publicUrl, now, grant, host, server, ceiling, endsAt }),
      receiptType,
    );
    await receipts.add({ id, grantId: grant.id, jws });
    return jws;
  };
  return {
    granted: async (request, event, grant, terms) => {
      const { id: grantId, level } = grant;
      const receipt = await issueReceipt(grant, terms);
      const subject = { ...about(request, grant), event, grantId, server: grant.server, level, receipt };
      const did = event === "consent" ? "consented to" : "lowered the agent to";
      await audit.write(
        consentRecord(subject, {
          decision: "allow",
          code: event === "consent" ? "CONSENTED" : "LOWERED",
          reason: `The human ${did} ${level}.`,
        }),
      );
    },
    refused: (request, agent, asked, { code, sentence }) =>
      audit.write(
        consentRecord(
          { ...about(request, agent), ...asked, event: "consent", grantId: null, receipt: null },
          { decision: "deny", code, reason: sentence },
        ),
      ),
    denied: (request, agent, server) =>
      audit.write(
        consentRecord(
          { ...about(request, agent), server, event: "consent", grantId: null, level: null, receipt: null },
          { decision: "deny", code: "CONSENT_DENIED", reason: "The human denied." },
        ),
      ),
    ended: (request, grant, cause) => {
      const { id: grantId, server, level } = grant;
      return audit.write(
        consentRecord(
          { ...about(request, grant), event: "consent_ended", grantId, server, level, receipt: null },
          { decision: "allow", code: cause, reason: endCauses[cause] },
        ),
      );
    },
  };
}
