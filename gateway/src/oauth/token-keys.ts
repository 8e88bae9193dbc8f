/**
 * The keys that sign access tokens. A new one is in the key set for a while before it signs, so that whoever checks
 * tokens, another replica above all, has read it by then; and an old one stays until its last token has expired.
 */
import { getCurrentAdapter } from "@better-auth/core/context";
import type { GenericEndpointContext } from "better-auth";
import { createJwk, type Jwk, type JwtOptions } from "better-auth/plugins";
import type { Clock } from "../deps/process.ts";
import { accessTokenSeconds } from "./token-format.ts";

/** Longer than the key set may be cached (5 minutes), and than replicas' clocks differ. */
const announcedMs = 10 * 60_000;
/** Beyond the life of the last token that the key signed. */
const retiredMs = accessTokenSeconds * 1000 + 10 * 60_000;
/** Never the newest, as the library understands it, which signs with the newest. */
const notYet = new Date(0);

type KeyTimes = Pick<Jwk, "id" | "createdAt">;

/** The key set of a moment, and the keys that nobody needs any more. Pure. */
export function keysAt<Key extends KeyTimes>(
  all: readonly Key[],
  now: Date,
): { readonly published: readonly Key[]; readonly signing: Key | undefined; readonly retired: readonly Key[] } {
  const newestFirst = all.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
  const signsFromMs = (key: Key) => (key === newestFirst.at(-1) ? 0 : key.createdAt.getTime() + announcedMs);
  const position = newestFirst.findIndex((key) => signsFromMs(key) <= now.getTime());
  const retired = newestFirst.slice(position + 1).filter((key) => {
    const successor = newestFirst[newestFirst.indexOf(key) - 1];
    return successor !== undefined && signsFromMs(successor) + retiredMs <= now.getTime();
  });
  return {
    published: newestFirst.filter((key) => !retired.includes(key)),
    signing: newestFirst[position],
    retired,
  };
}

/** Options of the library's JWT plugin: as our rules say which key signs. */
export function tokenKeyOptions(publicUrl: string, clock: Clock): JwtOptions {
  return {
    jwks: { keyPairConfig: { alg: "EdDSA", crv: "Ed25519" } },
    jwt: { issuer: publicUrl },
    adapter: {
      getJwks: async (context) => {
        const { published, signing } = keysAt(await readKeys(context), clock());
        const from = signing?.createdAt.getTime() ?? 0;
        return published.map((key) => (key.createdAt.getTime() > from ? { ...key, createdAt: notYet } : key));
      },
      createJwk: async (key, context) => {
        const adapter = await getCurrentAdapter(context.context.adapter);
        return adapter.create<Omit<Jwk, "id">, Jwk>({ model: "jwks", data: { ...key, createdAt: clock() } });
      },
    },
  };
}

/**
 * Makes the next key when the newest has reached `rotateAfterMs`, and deletes what nobody needs. One replica at a time.
 */
export async function maintainTokenKeys(
  context: GenericEndpointContext,
  options: JwtOptions,
  { rotateAfterMs, clock }: { readonly rotateAfterMs: number; readonly clock: Clock },
): Promise<void> {
  const keys = await readKeys(context);
  const now = clock();
  const newestMs = Math.max(...keys.map(({ createdAt }) => createdAt.getTime()));
  if (now.getTime() - newestMs >= rotateAfterMs) await createJwk(context, options);
  const { retired } = keysAt(keys, now);
  if (retired.length === 0) return;
  const value = retired.map(({ id }) => id);
  await context.context.adapter.deleteMany({ model: "jwks", where: [{ field: "id", operator: "in", value }] });
}

/** Of the current transaction, if there is one: the embedded database has a single session. */
async function readKeys({ context }: GenericEndpointContext): Promise<Jwk[]> {
  return (await getCurrentAdapter(context.adapter)).findMany<Jwk>({ model: "jwks" });
}
