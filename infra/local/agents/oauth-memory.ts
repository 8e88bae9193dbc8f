import { randomUUID } from "node:crypto";
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthDiscoveryState,
  OAuthTokens,
} from "@modelcontextprotocol/client";

/** What a registration gave the client (RFC 7591). */
export type RegisteredClient = OAuthClientInformationMixed;

/** A public client's OAuth state in memory, in the shape both SDK generations ask for (`OAuthClientProvider`). */
export class OAuthMemory {
  /** Never listened on: the human's session reads the callback URL instead of a browser opening it. */
  readonly redirectUrl = "http://127.0.0.1:33418/callback";
  readonly clientMetadata: OAuthClientMetadata;
  readonly expectedState = randomUUID();
  /** Where the client would open the browser. */
  authorizationUrl: URL | undefined;
  client: RegisteredClient | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = "";
  #discovery: OAuthDiscoveryState | undefined;

  constructor(clientName: string, client?: RegisteredClient) {
    this.client = client;
    this.clientMetadata = {
      client_name: clientName,
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
  }

  state(): string {
    return this.expectedState;
  }
  clientInformation(): RegisteredClient | undefined {
    return this.client;
  }
  saveClientInformation(client: RegisteredClient): void {
    this.client = client;
  }
  tokens(): OAuthTokens | undefined {
    return this.#tokens;
  }
  saveTokens(tokens: OAuthTokens): void {
    this.#tokens = tokens;
  }
  redirectToAuthorization(url: URL): void {
    this.authorizationUrl = url;
  }
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }
  codeVerifier(): string {
    return this.#verifier;
  }
  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovery = state;
  }
  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery;
  }
  /** The SDK found these credentials refused: the next request starts over without them. */
  invalidateCredentials(scope: "all" | "client" | "tokens" | "verifier" | "discovery"): void {
    if (scope === "all" || scope === "tokens") this.#tokens = undefined;
    if (scope === "all" || scope === "client") this.client = undefined;
    if (scope === "all" || scope === "discovery") this.#discovery = undefined;
  }

  /** The authorization URL of the flow just begun. Throws when the server asked for no authorization. */
  takeAuthorizationUrl(): URL {
    const url = this.authorizationUrl;
    if (url === undefined) throw new Error("The server let the client in without an authorization.");
    this.authorizationUrl = undefined;
    return url;
  }

  /** Checks `state` and the absence of an error (RFC 6749 section 4.1.2) and returns the callback's parameters. */
  checkCallback(callback: URL): URLSearchParams {
    const error = callback.searchParams.get("error");
    if (error !== null) throw new Error(`The authorization server answered ${error}.`);
    if (callback.searchParams.get("state") !== this.expectedState) throw new Error("The callback's state is not ours.");
    return callback.searchParams;
  }
}
