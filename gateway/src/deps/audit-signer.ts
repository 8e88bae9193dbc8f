/** The key that signs what the audit log has come to. */

export interface AuditSigner {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  /** Ed25519 (RFC 8032) over the bytes. Throws when the key can't be used now. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  close(): void;
}
