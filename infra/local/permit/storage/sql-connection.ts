/** A value that both databases take and give. */
export type SqlValue = string | number | Uint8Array | null;

/** A row of a result. PostgreSQL gives whole numbers as text where they may exceed a double. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** SQL with `$1`, `$2` ... in place of values. */
export interface Statement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** What differs between SQLite and PostgreSQL, so that everything else is written once. */
export interface SqlConnection {
  /** Column type of a number that counts up by itself in the order of insertion. */
  readonly counterType: string;
  /** Column type of bytes. */
  readonly bytesType: string;
  /** How many rows to read at once. */
  readonly rowsPerRead: number;
  /** Resolves with the reason when the connection is lost. */
  readonly failed: Promise<unknown>;
  /** Runs all statements in one transaction and resolves with their rows once it is committed. */
  transaction(statements: readonly Statement[]): Promise<readonly (readonly SqlRow[])[]>;
  /** Runs all statements in one transaction that a crash of the machine may undo: nothing waits for the disk. */
  lazyTransaction(statements: readonly Statement[]): Promise<void>;
  close(): Promise<void>;
}
