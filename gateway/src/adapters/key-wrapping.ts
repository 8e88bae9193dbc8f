/** A key that never touches the database and encrypts the data keys that do: envelope encryption. */
export interface KeyWrapping {
  /** A fresh data key of 32 bytes, and the same encrypted for `host`. */
  generate(host: string): Promise<{ readonly key: Buffer; readonly wrapped: string }>;
  /** The data key. Throws when it was wrapped for another host or by another key. */
  unwrap(host: string, wrapped: string): Promise<Buffer>;
  close(): void;
}
