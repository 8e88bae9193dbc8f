/** The audit log: where records are written and where they are shipped. */
import type { AuditRecord } from "./audit-records.ts";

/** Where it is recorded what was decided and changed. */
export interface AuditSink {
  /** Returns when the record is durable. Throws GatewayError AUDIT_UNAVAILABLE: the call is then refused. */
  write(record: AuditRecord): Promise<void>;
  /** Takes a record of what has happened already: it is tried until it is durable, and nobody waits for it. */
  note(record: AuditRecord): void;
}

/** A record as it is stored and shipped. */
export interface AuditLine {
  readonly chain: string;
  readonly sequence: number;
  /** RFC 3339. The record's, or that of the line before it where that is later: in a chain it never runs backwards. */
  readonly time: string;
  /** The OCSF event as JSON, one line without its end. Its bytes are what the chain's hashes are of: never written anew. */
  readonly line: string;
}

/** Something that keeps what was decided where the gateway can't change it. */
export interface AuditDestination {
  /** Of the place, not of the process: where shipping has come to is remembered under it. */
  readonly name: string;
  /** The most that one delivery takes. */
  readonly limits: AuditBatchLimits;
  /**
   * Delivers lines of one chain in their order; they are in the limits. Resolves with how many the service will never
   * take, for example because they are too old. A throw means that they may or may not be there and are delivered again.
   */
  deliver(lines: readonly AuditLine[]): Promise<number>;
  close(): void | Promise<void>;
}

/** Limits of one delivery. */
export interface AuditBatchLimits {
  readonly records: number;
  readonly bytes: number;
  /** Counted for each record beside its line in UTF-8. */
  readonly bytesPerRecord: number;
  /** Between the first and the last record. */
  readonly spanMs: number;
  /** Time between two deliveries of a chain, where each of them costs; undefined: as soon as there is something. */
  readonly paceMs?: number;
}
