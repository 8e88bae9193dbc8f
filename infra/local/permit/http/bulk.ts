import { forbidden, invalid } from "../state/api-error.ts";

/** Refuses an empty bulk call (400) and one with more than `max` operations (403), as Permit documents it. */
export function checkBulkSize(operations: readonly unknown[], max: number): void {
  if (operations.length === 0) throw invalid("A bulk call needs at least one operation.");
  if (operations.length > max) throw forbidden(`A bulk call may have at most ${max} operations. Send several calls.`);
}
