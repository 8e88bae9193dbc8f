import type { TrustLevel } from "@permit-mcp-gateway/policies";
import { decodeJwt } from "jose";
import type { AuditRecord, ConsentRecord, RecordedAgent } from "../../deps/audit-records.ts";
import { boundedGroups, boundedList, type Listed } from "./bounded.ts";

/** One change of a consent. */
export interface ConsentChange {
  readonly time: string;
  readonly human: string;
  readonly agent: RecordedAgent;
  readonly server: string | null;
  readonly level: TrustLevel | null;
  readonly grantId: string | null;
  /** `jti` of the permission receipt; null when there is none. */
  readonly receiptId: string | null;
  readonly code: string;
  readonly reason: string;
}

/** What became of consents in a period. */
export interface ConsentsTally {
  readonly given: Listed<ConsentChange>;
  readonly lowered: Listed<ConsentChange>;
  readonly ended: Listed<ConsentChange>;
  readonly endedByCause: readonly { readonly cause: string; readonly count: number }[];
  /** Consents that the human or the policy refused. */
  readonly refusedByCode: readonly { readonly code: string; readonly count: number }[];
}

function receiptId(jws: string | null): string | null {
  if (jws === null) return null;
  try {
    return decodeJwt(jws).jti ?? null;
  } catch {
    return null;
  }
}

function changeOf(record: ConsentRecord): ConsentChange {
  const { time, human, agent, server, level, grantId, receipt, code, reason } = record;
  return { time, human, agent, server, level, grantId, receiptId: receiptId(receipt), code, reason };
}

const codesMax = 1_000;

/** Collects the changes of consents, the first `listMax` of each kind one by one. */
export function createConsentsTally(listMax: number) {
  const [given, lowered, ended] = [
    boundedList<ConsentChange>(listMax),
    boundedList<ConsentChange>(listMax),
    boundedList<ConsentChange>(listMax),
  ];
  const causes = boundedGroups(codesMax, () => ({ count: 0 }));
  const refusals = boundedGroups(codesMax, () => ({ count: 0 }));
  return {
    take: (record: AuditRecord): void => {
      if (record.event === "consent_lowered") lowered.add(changeOf(record));
      else if (record.event === "consent_ended") {
        ended.add(changeOf(record));
        causes.of(record.code).count += 1;
      } else if (record.event === "consent") {
        if (record.decision === "allow") given.add(changeOf(record));
        else refusals.of(record.code).count += 1;
      }
    },
    tally: (): ConsentsTally => ({
      ...{ given: given.listed(), lowered: lowered.listed(), ended: ended.listed() },
      endedByCause: causes.entries().map(([[cause], { count }]) => ({ cause: cause ?? "", count })),
      refusedByCode: refusals.entries().map(([[code], { count }]) => ({ code: code ?? "", count })),
    }),
  };
}
