import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWTPayload, SignJWT } from "jose";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { createTokenVerifier } from "./token-verifier.ts";

const publicUrl = "https://gateway.example.com";
const claims = {
  iss: publicUrl,
  sub: "user",
  aud: `${publicUrl}/mcp/issues`,
  client_id: "client",
  gw_grant: "grant",
  gw_host: "demo",
  scope: "mcp offline_access",
};

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

let key: KeyPair;
let keySet: JSONWebKeySet;
let nowMs: number;
let keyReads: number;
const createVerifier = () =>
  createTokenVerifier({
    publicUrl,
    hostKey: "demo",
    clock: () => new Date(nowMs),
    readKeys: async () => {
      keyReads += 1;
      return keySet;
    },
  });
let verifier: ReturnType<typeof createVerifier>;

beforeAll(async () => {
  key = await generateKeyPair("EdDSA");
  keySet = { keys: [{ ...(await exportJWK(key.publicKey)), alg: "EdDSA", kid: "one" }] };
});
beforeEach(() => {
  nowMs = Date.parse("2026-01-01T00:00:00Z");
  keyReads = 0;
  verifier = createVerifier();
});

function sign(
  changes: JWTPayload = {},
  header: Record<string, unknown> = {},
  signer = key.privateKey,
): Promise<string> {
  return new SignJWT({ ...claims, exp: nowMs / 1000 + 600, ...changes })
    .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid: "one", ...header })
    .sign(signer);
}

const refused = { code: "TOKEN_INVALID" };

test.each([undefined, "", "offline_access", "MCP", "mcp2 offline_access", ["mcp"]])(
  "a token with the scope %j is not one for calls",
  async (scope) => {
    await expect(verifier.verifyToken(await sign({ scope }), "issues")).rejects.toMatchObject({
      code: "SCOPE_MISSING",
    });
  },
);

test("a token says which grant, user and client", async () => {
  await expect(verifier.verifyToken(await sign(), "issues")).resolves.toEqual({
    connectionId: "grant",
    userId: "user",
    clientId: "client",
  });
});

test.each([
  ["another issuer", { iss: "https://other.example.com" }],
  ["another server", { aud: `${publicUrl}/mcp/wiki` }],
  ["another host", { gw_host: "other" }],
  ["no host", { gw_host: undefined }],
  ["no grant", { gw_grant: undefined }],
  ["a grant that is no text", { gw_grant: ["grant"] }],
  ["no client", { client_id: undefined }],
  ["no subject", { sub: undefined as unknown as string }],
  ["no end", { exp: undefined as unknown as number }],
  ["two audiences, ours among them", { aud: [`${publicUrl}/mcp/issues`, `${publicUrl}/mcp/wiki`] }],
  ["no audience", { aud: [] }],
])("a token for %s is refused", async (_what, changes) => {
  await expect(verifier.verifyToken(await sign(changes), "issues")).rejects.toMatchObject(refused);
});

test("other kinds of JWT and other signatures are refused", async () => {
  const stranger = await generateKeyPair("EdDSA");
  const [header, payload, signature = ""] = (await sign()).split(".");
  const none = Buffer.from(JSON.stringify({ alg: "none", typ: "at+jwt" })).toString("base64url");
  const publicBytes = new TextEncoder().encode(JSON.stringify(keySet.keys[0]));
  for (const token of [
    await sign({}, { typ: "JWT" }),
    await sign({}, {}, stranger.privateKey),
    await new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "at+jwt", kid: "one" }).sign(publicBytes),
    `${none}.${payload}.`,
    `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    `${header}.${payload}`,
    "gwat_opaque",
    "",
  ]) {
    await expect(verifier.verifyToken(token, "issues")).rejects.toMatchObject(refused);
  }
});

test("a verified token is not verified again, and is refused when it has expired", async () => {
  const token = await sign();
  await verifier.verifyToken(token, "issues");
  await expect(verifier.verifyToken(token, "wiki")).rejects.toMatchObject(refused);
  nowMs += 599_000;
  await verifier.verifyToken(token, "issues");
  nowMs += 1_000;
  await expect(verifier.verifyToken(token, "issues")).rejects.toMatchObject(refused);
  expect(keyReads).toBe(1);
});

test("a new key is found, but unknown keys don't make us read the keys at every token", async () => {
  await verifier.verifyToken(await sign(), "issues");
  const next = await generateKeyPair("EdDSA");
  const before = keySet;
  keySet = { keys: [...keySet.keys, { ...(await exportJWK(next.publicKey)), alg: "EdDSA", kid: "two" }] };
  const token = await sign({}, { kid: "two" }, next.privateKey);
  for (let i = 0; i < 5; i += 1) await expect(verifier.verifyToken(token, "issues")).rejects.toMatchObject(refused);
  expect(keyReads).toBe(1);
  nowMs += 10_000;
  await verifier.verifyToken(token, "issues");
  expect(keyReads).toBe(2);
  keySet = before;
});

test("keys that could not be read are read again for the next token", async () => {
  let fail = true;
  const flaky = createTokenVerifier({
    publicUrl,
    hostKey: "demo",
    clock: () => new Date(nowMs),
    readKeys: async () => {
      if (fail) throw new Error("down");
      return keySet;
    },
  });
  const token = await sign();
  await expect(flaky.verifyToken(token, "issues")).rejects.toThrow("down");
  fail = false;
  await flaky.verifyToken(token, "issues");
});
