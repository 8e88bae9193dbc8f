import type { Change } from "../state/journal.ts";

/** One stored row. */
export interface StoredRow {
  readonly scope: string;
  readonly kind: string;
  readonly id: string;
  readonly body: unknown;
}

/** Where changes become durable. */
export interface ChangeLog {
  /** All rows, in order of creation. */
  load(): Promise<readonly StoredRow[]>;
  /** Resolves when the changes are committed; all of them or none. */
  append(changes: readonly Change[]): Promise<void>;
  close(): Promise<void>;
}

/** No durability: for tests and for trying things out. */
export const memoryOnly: ChangeLog = {
  load: async () => [],
  append: async () => undefined,
  close: async () => undefined,
};
