import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";

/** Whose session it is: the agent (client and human) and the server. Not the grant, which changes with a re-consent. */
export interface SessionOwner {
  readonly clientId: string;
  readonly email: string;
  readonly server: string;
}

/** What is in a sealed id. */
export interface SealedSession {
  /** Visible ASCII (MCP 2025-11-25, session management). */
  readonly id: string;
  /** Of the client that opened it, for the audit log: in later requests of these revisions it does not say so again. */
  readonly clientVersion?: string | undefined;
}

/** Turns the upstream's `Mcp-Session-Id` into one that only its owner can use, and back. */
export interface SessionSeal {
  /** The same session of the same owner always gives the same text. */
  seal(session: SealedSession, owner: SessionOwner): string;
  /** Undefined for anything that was not sealed for this owner. */
  open(sealed: string, owner: SessionOwner): SealedSession | undefined;
}

/** Longer versions are not kept: the id is a header of each request. */
const versionLengthMax = 64;
const nonceBytes = 12;
const tagBytes = 16;

function key(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", `permit-mcp-gateway/mcp-session/v1/${purpose}`, 32));
}

/**
 * AES-256-GCM under keys derived from `secret` (RFC 5869), the owner as associated data: a stolen id is useless with
 * another agent, on any replica, without a table of sessions. The nonce is a MAC of owner and id, so that an upstream
 * that repeats the header on every answer shows the client one session and not a new one each time.
 */
export function createSessionSeal(secret: string): SessionSeal {
  const cipherKey = key(secret, "cipher");
  const nonceKey = key(secret, "nonce");
  const associated = (owner: SessionOwner) =>
    Buffer.from(JSON.stringify([owner.clientId, owner.email, owner.server]), "utf8");
  return {
    seal: ({ id, clientVersion = "" }, owner) => {
      // No id has a space.
      const content = clientVersion === "" ? id : `${id} ${clientVersion.slice(0, versionLengthMax)}`;
      const owned = associated(owner);
      const nonce = createHmac("sha256", nonceKey)
        .update(`${owned.length}:`)
        .update(owned)
        .update(content)
        .digest()
        .subarray(0, nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", cipherKey, nonce).setAAD(owned);
      const text = Buffer.concat([cipher.update(content, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64url");
    },
    open: (sealed, owner) => {
      const bytes = Buffer.from(sealed, "base64url");
      // Node's decoder passes over characters outside the alphabet: without this, many texts would be one id.
      if (bytes.toString("base64url") !== sealed || bytes.length <= nonceBytes + tagBytes) return undefined;
      const decipher = createDecipheriv("aes-256-gcm", cipherKey, bytes.subarray(0, nonceBytes))
        .setAAD(associated(owner))
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      try {
        const text = decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, "utf8") + decipher.final("utf8");
        const space = text.indexOf(" ");
        return space < 0 ? { id: text } : { id: text.slice(0, space), clientVersion: text.slice(space + 1) };
      } catch {
        return undefined;
      }
    },
  };
}
