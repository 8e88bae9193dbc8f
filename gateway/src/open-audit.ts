/** The audit log of this process: writer, checkpoints, shippers. */
import type { FastifyBaseLogger } from "fastify";
import { openAuditDestinations } from "./adapters/audit-destinations/open-destinations.ts";
import { createAuditRetention } from "./adapters/audit-retention.ts";
import { createAuditShipments } from "./adapters/audit-shipments.ts";
import { openAuditSigner } from "./adapters/audit-signer.ts";
import { createAuditStore } from "./adapters/audit-store.ts";
import type { Database } from "./adapters/database.ts";
import { type AuditLog, createAuditLog } from "./audit/audit-log.ts";
import { startLogKeeper } from "./audit/log-keeper.ts";
import { withRecentLines } from "./audit/recent-lines.ts";
import { deleteExpired } from "./audit/retention.ts";
import { type AuditShipper, startAuditShipper } from "./audit/shipper.ts";
import type { Config } from "./config.ts";
import type { Clock } from "./deps/process.ts";

/** For the records that are left, and then for what is not shipped. What is not done then, another replica does. */
const lastRecordsMs = 3_000;
const lastShippingMs = 2_000;
const [shortestLeaseMs, longestLeaseMs] = [5_000, 60_000];

export interface OpenAudit {
  readonly auditLog: AuditLog;
  readonly shippers: ReadonlyMap<string, AuditShipper>;
  /** Ends the chain and ships what is there. */
  close(): Promise<void>;
}

export interface AuditParts {
  readonly config: Pick<Config, "hostKey" | "audit">;
  readonly database: Database;
  /** Days for which records are kept in the database; undefined while no policy was read: then nothing is deleted. */
  readonly retentionDays: () => number | undefined;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
}

/** Opens it. Throws KeyFileError, and what KMS says of a key that can't be used. */
export async function openAudit({ config, database, retentionDays, clock, log }: AuditParts): Promise<OpenAudit> {
  const { hostKey: host, audit } = config;
  const signer = audit.key && (await openAuditSigner(audit.key));
  const message =
    "No key signs the audit log: set AUDIT_KEY_FILE or AUDIT_KEY_KMS_ARN. Whoever can write to the database could replace it unnoticed.";
  if (signer === undefined) log.warn({ code: "AUDIT_UNSIGNED" }, message);
  const { store, shipments } = withRecentLines(createAuditStore(database), createAuditShipments(database));
  const retention = createAuditRetention(database);
  const destinations = openAuditDestinations(audit.destinations, {
    ...{ hostKey: host, webhookSecrets: audit.webhookSecrets, clock },
  });
  const auditLog = createAuditLog({ store, host, replica: audit.replica, signer, clock, log });
  const checkpointMs = audit.checkpointSeconds * 1000;
  // A replica that is silent for four checkpoints is taken for dead, and nobody waits for its deliveries for longer.
  const leaseMs = Math.min(longestLeaseMs, Math.max(shortestLeaseMs, 4 * checkpointMs));
  const keeper = startLogKeeper({
    ...{ store, auditLog, host, checkpointMs, clock, log },
    deleteExpired: async () => {
      const days = retentionDays();
      if (days === undefined) return;
      const names = destinations.map(({ name }) => name);
      const chains = await deleteExpired(days, { retention, auditLog, host, destinations: names, clock });
      if (chains > 0) log.info({ chains, days }, "audit records were deleted that were kept for long enough");
    },
  });
  const shippers = new Map(
    destinations.map((destination) => [
      destination.name,
      startAuditShipper({ shipments, destination, clock, log, leaseMs }),
    ]),
  );
  return {
    auditLog,
    shippers,
    close: async () => {
      await keeper.stop(lastRecordsMs);
      await Promise.all([...shippers.values()].map((shipper) => shipper.stop(lastShippingMs)));
      signer?.close();
    },
  };
}
