import type { Dialect } from "kysely";

/** What differs between the embedded database and PostgreSQL. */
export interface DatabaseDriver {
  readonly dialect: Dialect;
  /** A cheaper way than Kysely's to make a statement that is made often; `name` is its own. */
  readonly execute?: (name: string, text: string, values: readonly unknown[]) => Promise<number>;
  /** Runs `run` while no other process runs under `key`. The caller has already seen to this process. */
  lockAcrossProcesses<T>(key: string, run: () => Promise<T>): Promise<T>;
  /** Runs `run` unless another process runs under `key`; resolves with whether it ran. */
  ifAloneAcrossProcesses(key: string, run: () => Promise<void>): Promise<boolean>;
  /** After Kysely is destroyed: gives back what Kysely does not own. */
  close(): Promise<void>;
}
