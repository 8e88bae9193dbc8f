import { createHmac, hkdfSync, randomBytes } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { sameText } from "../digest.ts";

const yearSeconds = 365 * 24 * 60 * 60;

/** Remembers in a browser which account was signed in to with it. It opens nothing by itself. */
export interface DeviceCookie {
  /** Random id of the browser; undefined unless somebody signed in to this account with it before. */
  read(request: FastifyRequest, email: string): string | undefined;
  /** Sets it after a sign-in. */
  remember(request: FastifyRequest, reply: FastifyReply, email: string): void;
}

/**
 * The cookie is an id and a MAC of id and address under a key of `secret`, so nothing is stored, and whoever steals one
 * learns no address. It lets a human in whose account somebody else is guessing at (`attempts.ts`).
 */
export function createDeviceCookie(secret: string, publicUrl: string): DeviceCookie {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "permit-mcp-gateway/device/v1", 32));
  const secure = publicUrl.startsWith("https:");
  const name = secure ? "__Host-gateway_device" : "gateway_device";
  const form = new RegExp(`(?:^|;\\s*)${name}=([A-Za-z0-9_-]{22})\\.([A-Za-z0-9_-]{43})(?:;|$)`);
  const macOf = (id: string, email: string) => createHmac("sha256", key).update(`${id}:${email}`).digest("base64url");

  const read: DeviceCookie["read"] = (request, email) => {
    const [, id, mac] = form.exec(request.headers.cookie ?? "") ?? [];
    if (id === undefined || mac === undefined) return undefined;
    return sameText(mac, macOf(id, email)) ? id : undefined;
  };
  return {
    read,
    remember: (request, reply, email) => {
      if (read(request, email) !== undefined) return;
      const id = randomBytes(16).toString("base64url");
      const value = `${id}.${macOf(id, email)}`;
      const attributes = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${yearSeconds}${secure ? "; Secure" : ""}`;
      void reply.header("set-cookie", `${name}=${value}; ${attributes}`);
    },
  };
}
