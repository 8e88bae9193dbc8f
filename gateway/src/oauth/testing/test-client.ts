import { createHash, randomBytes } from "node:crypto";
import { type Answer, toAnswer } from "./test-human.ts";

/** Tokens of a token answer. */
export interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

/** An OAuth client by hand, for what the SDKs would not do. */
export class TestClient {
  readonly publicUrl: string;
  readonly redirectUri: string;
  readonly verifier = randomBytes(32).toString("base64url");
  readonly state = randomBytes(8).toString("hex");
  clientId = "";

  constructor(publicUrl: string, redirectUri = "http://127.0.0.1:33418/callback") {
    this.publicUrl = publicUrl;
    this.redirectUri = redirectUri;
  }

  /** Registers; `changes` are merged into what an MCP client sends. */
  async register(changes: Record<string, unknown> = {}): Promise<Answer> {
    const answer = await toAnswer(
      await fetch(`${this.publicUrl}/api/auth/oauth2/register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          client_name: "Test client",
          redirect_uris: [this.redirectUri],
          grant_types: ["authorization_code", "refresh_token"],
          response_types: ["code"],
          token_endpoint_auth_method: "none",
          ...changes,
        }),
      }),
    );
    if (typeof answer.body.client_id === "string") this.clientId = answer.body.client_id;
    return answer;
  }

  /** The authorization request, without a server for one that the human chooses; a change to `undefined` leaves a parameter out. */
  authorizationUrl(server: string | undefined, changes: Record<string, string | undefined> = {}): URL {
    const url = new URL(`${this.publicUrl}/api/auth/oauth2/authorize`);
    const parameters = {
      response_type: "code",
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      scope: "mcp offline_access",
      state: this.state,
      code_challenge: createHash("sha256").update(this.verifier).digest("base64url"),
      code_challenge_method: "S256",
      resource: server === undefined ? `${this.publicUrl}/mcp` : `${this.publicUrl}/mcp/${server}`,
      ...changes,
    };
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
    return url;
  }

  async form(path: string, parameters: Record<string, string> | [string, string][]): Promise<Answer> {
    return toAnswer(
      await fetch(new URL(path, this.publicUrl), { method: "POST", body: new URLSearchParams(parameters) }),
    );
  }

  exchange(callback: URL, changes: Record<string, string> = {}): Promise<Answer> {
    return this.form("/api/auth/oauth2/token", {
      grant_type: "authorization_code",
      client_id: this.clientId,
      code: callback.searchParams.get("code") ?? "",
      redirect_uri: this.redirectUri,
      code_verifier: this.verifier,
      ...changes,
    });
  }

  refresh(token: string, changes: Record<string, string> = {}): Promise<Answer> {
    return this.form("/api/auth/oauth2/token", {
      grant_type: "refresh_token",
      client_id: this.clientId,
      refresh_token: token,
      ...changes,
    });
  }

  revoke(token: string, changes: Record<string, string> = {}): Promise<Answer> {
    return this.form("/api/auth/oauth2/revoke", { client_id: this.clientId, token, ...changes });
  }
}

/** The tokens of a token answer. Throws when it is an error. */
export function tokensOf({ status, body }: Answer): Tokens {
  if (status !== 200) throw new Error(`no tokens: ${status} ${JSON.stringify(body)}`);
  return { access: String(body.access_token), refresh: String(body.refresh_token) };
}
