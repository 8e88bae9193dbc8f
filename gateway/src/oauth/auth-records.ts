import type { DBAdapter } from "better-auth";
import { digest } from "../digest.ts";
import { refreshTokenPrefix } from "./token-format.ts";

/** A registered OAuth client, or one known by its metadata document. */
export interface ClientRecord {
  readonly clientId: string;
  readonly name?: string | null;
  readonly disabled?: boolean | null;
  readonly redirectUris: readonly string[];
}

/** What is kept of a client that the policy lists. */
export interface ListedClientRow {
  readonly clientId: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** Hashed; null for a public client. */
  readonly clientSecret: string | null;
  readonly tokenEndpointAuthMethod: "none" | "client_secret_basic" | "client_secret_post";
  readonly scopes: readonly string[];
  readonly grantTypes: readonly string[];
  readonly responseTypes: readonly string[];
  readonly requirePKCE: boolean;
  /** True when the policy lists it no more. The row stays: tokens and consents go with it. */
  readonly disabled: boolean;
}

/** What is kept of a refresh token. */
export interface RefreshTokenRecord {
  readonly clientId: string;
  /** `connectionId` of our grants. */
  readonly referenceId?: string | null;
  readonly expiresAt?: Date | null;
  /** When it was used or revoked. */
  readonly revoked?: Date | null;
  /** Until then a second use gets the first answer again. */
  readonly rotationReplayExpiresAt?: Date | null;
}

/** The rows of the library that our own rules need. */
export interface AuthRecords {
  findClient(clientId: string): Promise<ClientRecord | undefined>;
  findListedClient(clientId: string): Promise<ListedClientRow | undefined>;
  /** Makes or replaces the row, also one that a client of the same id had before. */
  putListedClient(row: ListedClientRow): Promise<void>;
  disableListedClient(clientId: string): Promise<void>;
  setRedirectUris(clientId: string, redirectUris: readonly string[]): Promise<void>;
  /** By the token as the client sent it. */
  findRefreshToken(token: string): Promise<RefreshTokenRecord | undefined>;
  /** A refresh token that came of this code: the code was redeemed before. */
  findRefreshTokenOfCode(code: string): Promise<RefreshTokenRecord | undefined>;
  /** Deletes every token and consent of these connections. */
  deleteTokensOf(connectionIds: readonly string[]): Promise<void>;
  listResources(): Promise<readonly string[]>;
  createResource(identifier: string, name: string): Promise<void>;
  deleteResources(identifiers: readonly string[]): Promise<void>;
}

/** In `referenceId` of a client's row: the policy owns it. No registration can write that column. */
const listedByPolicy = "policy";

/** Rows are reached through the library's adapter, which knows the table and column names. */
export function createAuthRecords(adapter: DBAdapter): AuthRecords {
  const findRefreshTokenBy = async (field: "token" | "authorizationCodeId", value: string) =>
    (await adapter.findOne<RefreshTokenRecord>({ model: "oauthRefreshToken", where: [{ field, value }] })) ?? undefined;
  const listedWhere = (clientId: string) => [
    { field: "clientId", value: clientId },
    { field: "referenceId", value: listedByPolicy },
  ];
  return {
    findClient: async (clientId) =>
      (await adapter.findOne<ClientRecord>({
        model: "oauthClient",
        where: [{ field: "clientId", value: clientId }],
      })) ?? undefined,
    findListedClient: async (clientId) =>
      (await adapter.findOne<ListedClientRow>({ model: "oauthClient", where: listedWhere(clientId) })) ?? undefined,
    putListedClient: async (row) => {
      const data = { ...row, referenceId: listedByPolicy, updatedAt: new Date() };
      const where = [{ field: "clientId", value: row.clientId }];
      if ((await adapter.findOne({ model: "oauthClient", where })) === null) {
        await adapter.create({ model: "oauthClient", data: { ...data, createdAt: new Date() } });
      } else {
        await adapter.update({ model: "oauthClient", where, update: data });
      }
    },
    disableListedClient: async (clientId) => {
      await adapter.update({ model: "oauthClient", where: listedWhere(clientId), update: { disabled: true } });
    },
    setRedirectUris: async (clientId, redirectUris) => {
      await adapter.update({
        model: "oauthClient",
        where: [{ field: "clientId", value: clientId }],
        update: { redirectUris: [...redirectUris] },
      });
    },
    findRefreshToken: async (token) =>
      token.startsWith(refreshTokenPrefix)
        ? findRefreshTokenBy("token", digest(token.slice(refreshTokenPrefix.length)))
        : undefined,
    findRefreshTokenOfCode: (code) => findRefreshTokenBy("authorizationCodeId", digest(code)),
    deleteTokensOf: async (connectionIds) => {
      for (const model of ["oauthRefreshToken", "oauthAccessToken", "oauthConsent"]) {
        await adapter.deleteMany({
          model,
          where: [{ field: "referenceId", operator: "in", value: [...connectionIds] }],
        });
      }
    },
    listResources: async () => {
      const rows = await adapter.findMany<{ identifier: string }>({ model: "oauthResource", limit: 100_000 });
      return rows.map((row) => row.identifier);
    },
    createResource: async (identifier, name) => {
      const now = new Date();
      await adapter.create({
        model: "oauthResource",
        data: { identifier, name, disabled: false, policyVersion: 1, createdAt: now, updatedAt: now },
      });
    },
    deleteResources: async (identifiers) => {
      await adapter.deleteMany({
        model: "oauthResource",
        where: [{ field: "identifier", operator: "in", value: [...identifiers] }],
      });
    },
  };
}
