import type { Dialect } from "kysely";

/** What differs between the embedded database and PostgreSQL. */
export interface DatabaseDriver {
  readonly dialect: Dialect;
  /** Runs `run` while no other process runs under `key`. The caller has already seen to this process. */
  lockAcrossProcesses<T>(key: string, run: () => Promise<T>): Promise<T>;
  /** Runs `run` unless another process runs under `key`; resolves with whether it ran. */
  ifAloneAcrossProcesses(key: string, run: () => Promise<void>): Promise<boolean>;
  /** After Kysely is destroyed: gives back what Kysely does not own. */
  close(): Promise<void>;
}
