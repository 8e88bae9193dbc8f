/** Records written all the time, and what became of each. */
import { setTimeout as sleep } from "node:timers/promises";
import { readChains } from "../cli/audit/read-database.ts";
import type { Database } from "../src/adapters/database.ts";
import type { AuditLog } from "../src/audit/audit-log.ts";
import { createVerifier, type VerifierOptions } from "../src/audit/verify/verifier.ts";
import { refusedCall } from "./audit-fixture.ts";

/** Ids of records. */
export interface LoadOutcome {
  readonly acknowledged: readonly string[];
  readonly refused: readonly { readonly id: string; readonly code: string; readonly waitedMs: number }[];
  readonly noted: readonly string[];
}

export interface AuditLoad extends LoadOutcome {
  /** Ends the load and resolves when all that was noted is durable. */
  stop(): Promise<LoadOutcome>;
}

const refusedPauseMs = 20;

/** Starts writing with so many at once. Every tenth record is of something that has happened. */
export function startAuditLoad(log: AuditLog, atOnce = 20): AuditLoad {
  const acknowledged: string[] = [];
  const refused: { id: string; code: string; waitedMs: number }[] = [];
  const noted: string[] = [];
  let ending = false;
  const write = async (name: string) => {
    const record = refusedCall(name);
    const startedMs = performance.now();
    try {
      await log.write(record);
      acknowledged.push(record.id);
    } catch (error) {
      const { code } = error as { readonly code: string };
      refused.push({ id: record.id, code, waitedMs: performance.now() - startedMs });
      await sleep(refusedPauseMs);
    }
  };
  const loop = async (worker: number) => {
    for (let count = 0; !ending; count += 1) {
      if (count % 10 === 9) {
        const record = refusedCall(`noted-${worker}-${count}`);
        log.note(record);
        noted.push(record.id);
      }
      await write(`written-${worker}-${count}`);
    }
  };
  const loops = Array.from({ length: atOnce }, (_, worker) => loop(worker));
  const outcome = { acknowledged, refused, noted };
  return {
    ...outcome,
    stop: async () => {
      ending = true;
      await Promise.all(loops);
      await log.flushed();
      return outcome;
    },
  };
}

/** What `npm run audit -- verify` says of the database, without its signatures. */
export async function verifiedLog(database: Database, options: Partial<VerifierOptions> = {}) {
  const verifier = createVerifier({ keys: undefined, asOf: new Date(), live: true, expires: false, ...options });
  for await (const { line, place } of readChains(database, verifier)) await verifier.take(line, place);
  return verifier.end();
}
