import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { digest, sameText } from "../digest.ts";

const lifeSeconds = 60 * 60;
/** Longer ones are not kept: browsers drop a cookie above 4 KB whole. */
const queryLengthMax = 2500;

/** A sign-in that this browser has begun. */
export interface BegunSignIn {
  /** The query of the sign-in page: which authorization request goes on. */
  readonly query: string;
  /** True when `state` is the one that it was begun with. */
  isOf(state: string): boolean;
}

/** Keeps in the browser what it has begun, longer than the library keeps its own state. */
export interface RedirectCookie {
  write(reply: FastifyReply, begun: { readonly query: string; readonly state: string }): void;
  read(request: FastifyRequest): BegunSignIn | undefined;
  clear(reply: FastifyReply): void;
}

const contentSchema = z.object({ query: z.string(), digest: z.string() });

/**
 * `SameSite=None`, because a SAML identity provider sends the browser back with a form, and with `Lax` that form would
 * come without cookies: then anybody could have a browser signed in as themselves (login CSRF). It opens nothing by
 * itself, and its query only leads to our own authorization endpoint.
 */
export function createRedirectCookie(publicUrl: string): RedirectCookie {
  const secure = publicUrl.startsWith("https:");
  const name = secure ? "__Secure-gateway_redirect" : "gateway_redirect";
  const form = new RegExp(`(?:^|;\\s*)${name}=([A-Za-z0-9_-]+)(?:;|$)`);
  // Browsers take `Secure` from http://localhost as well; without it they would not take `None`.
  const attributes = "Path=/api; HttpOnly; Secure; SameSite=None";
  return {
    write: (reply, { query, state }) => {
      const content = { query: query.length <= queryLengthMax ? query : "", digest: digest(state) };
      const value = Buffer.from(JSON.stringify(content)).toString("base64url");
      void reply.header("set-cookie", `${name}=${value}; ${attributes}; Max-Age=${lifeSeconds}`);
    },
    read: (request) => {
      const value = form.exec(request.headers.cookie ?? "")?.[1];
      if (value === undefined) return undefined;
      const content = contentSchema.safeParse(parse(value));
      if (!content.success) return undefined;
      const { query, digest: begun } = content.data;
      return { query, isOf: (state: string) => sameText(digest(state), begun) };
    },
    clear: (reply) => void reply.header("set-cookie", `${name}=; ${attributes}; Max-Age=0`),
  };
}

function parse(value: string): unknown {
  try {
    return JSON.parse(Buffer.from(value, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
