/** A permission receipt: what one human allowed one agent, signed by the gateway that let it. */
import { reaches, type TrustLevel } from "@permit-mcp-gateway/policies";
import type { JWTPayload } from "jose";
import type { Grant } from "../deps/grants.ts";
import type { HostSettings, ServerSettings } from "../deps/host-settings.ts";

/** `typ` of a receipt's header: nothing else that the gateway signs passes for one (RFC 8725 section 3.11). */
export const receiptType = "permission-receipt+jwt";

/** What a receipt is made of. */
export interface ReceiptSubject {
  readonly id: string;
  /** Origin of the gateway: the issuer. */
  readonly publicUrl: string;
  readonly now: Date;
  readonly grant: Pick<Grant, "id" | "email" | "clientId" | "clientName" | "level">;
  readonly host: Pick<HostSettings, "key" | "name" | "sessions">;
  readonly server: Pick<ServerSettings, "key" | "name" | "tools">;
  /** The highest level that an admin let the human give at that time. */
  readonly ceiling: TrustLevel;
  /** When the consent ends at the latest. */
  readonly endsAt: Date;
}

/** The claims of a receipt. Times are in seconds (RFC 7519 section 2); `tools` are those the agent could call then. */
export interface Receipt extends JWTPayload {
  readonly iss: string;
  readonly jti: string;
  readonly iat: number;
  /** The human's e-mail address. */
  readonly sub: string;
  readonly host: { readonly key: string; readonly name: string };
  readonly grant_id: string;
  readonly agent: { readonly client_id: string; readonly name: string };
  readonly server: { readonly key: string; readonly name: string };
  readonly level: TrustLevel;
  readonly ceiling: TrustLevel;
  readonly tools: readonly { readonly name: string; readonly trust: TrustLevel }[];
  /** Not `exp`: the consent ends then, while the receipt stays true. */
  readonly ends_at: number;
  /** Days without a call after which the consent ends sooner. */
  readonly idle_days: number;
}

const seconds = (date: Date) => Math.floor(date.getTime() / 1000);

/** The claims to sign. Pure. */
export function receiptOf({ id, publicUrl, now, grant, host, server, ceiling, endsAt }: ReceiptSubject): Receipt {
  return {
    iss: publicUrl,
    jti: id,
    iat: seconds(now),
    sub: grant.email,
    host: { key: host.key, name: host.name },
    grant_id: grant.id,
    agent: { client_id: grant.clientId, name: grant.clientName },
    server: { key: server.key, name: server.name },
    level: grant.level,
    ceiling,
    tools: toolsAt(server, grant.level),
    ends_at: seconds(endsAt),
    idle_days: host.sessions.idleDays,
  };
}

/** The tools of a server that a level lets an agent call, in the order of the policy. */
export function toolsAt({ tools }: Pick<ServerSettings, "tools">, level: TrustLevel): Receipt["tools"] {
  return [...tools.values()]
    .filter(({ trust, unsupported }) => reaches(level, trust) && unsupported.length === 0)
    .map(({ name, trust }) => ({ name, trust }));
}
