import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type Server, type ServerResponse } from "node:http";
import type {
  OAuthClientInformationContext,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import open from "open";
import { visible } from "../../src/diagnostic.ts";
import type { Output } from "../command.ts";
import { isPrivate, type SignIn } from "./endpoint.ts";

/** The sign-in in the browser did not come to an end. The message is a sentence. */
export class SignInError extends Error {}

/** How long a human may take. */
const humanMinutes = 5;

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    connection: "close",
  });
  response.end(`${text}\n`);
}

/**
 * Sign-in at a server with the browser of whoever runs the program (RFC 8252): a listener on 127.0.0.1 takes the
 * authorization response. The SDK does discovery, registration and PKCE. Nothing is stored; tokens end with the program.
 */
export class BrowserSignIn implements OAuthClientProvider {
  readonly redirectUrl: string;
  readonly #listener: Server;
  readonly #options: SignIn;
  readonly #output: Output;
  readonly #state = randomBytes(32).toString("base64url");
  readonly #response = Promise.withResolvers<URLSearchParams>();
  #client: StoredOAuthClientInformation | undefined;
  #tokens: StoredOAuthTokens | undefined;
  #verifier = "";
  #discovery: OAuthDiscoveryState | undefined;

  private constructor(listener: Server, port: number, options: SignIn, output: Output) {
    this.#listener = listener;
    this.#options = options;
    this.#output = output;
    this.redirectUrl = `http://127.0.0.1:${port}/callback`;
    // Nobody waits for it when the server asks for no sign-in.
    this.#response.promise.catch(() => undefined);
    listener.on("request", (request, response) => {
      const url = new URL(request.url ?? "/", this.redirectUrl);
      if (request.method !== "GET" || url.pathname !== "/callback") answer(response, 404, "There is nothing here.");
      // Any page can send a browser here: what has not the state is not the end of this sign-in.
      else if (!this.#isOurs(url.searchParams)) answer(response, 400, "This is not the answer to this sign-in.");
      else {
        answer(response, 200, "Go back to the terminal; this page can be closed.");
        // RFC 6749 section 4.1.2.1: a code such as `access_denied`.
        const error = url.searchParams.get("error");
        if (error === null) this.#response.resolve(url.searchParams);
        else this.#response.reject(new SignInError(`The sign-in was refused (${error.slice(0, 60)}).`));
      }
    });
  }

  /** Listens on a port of 127.0.0.1. Throws SignInError when the port is taken. */
  static async listen(options: SignIn, output: Output): Promise<BrowserSignIn> {
    const listener = createServer();
    await new Promise<void>((resolve, reject) => {
      listener.once("error", (error: NodeJS.ErrnoException) => {
        reject(new SignInError(`Port ${options.callbackPort} of 127.0.0.1 can't be used: ${error.code}.`));
      });
      listener.listen(options.callbackPort, "127.0.0.1", resolve);
    });
    const address = listener.address();
    const port = typeof address === "object" && address !== null ? address.port : options.callbackPort;
    return new BrowserSignIn(listener, port, options, output);
  }

  /** Waits for the browser to come back. Throws SignInError when it doesn't, or when the sign-in was refused. */
  async response(): Promise<URLSearchParams> {
    const late = setTimeout(() => {
      this.#response.reject(new SignInError(`Nobody signed in within ${humanMinutes} minutes.`));
    }, humanMinutes * 60_000);
    try {
      return await this.#response.promise;
    } finally {
      clearTimeout(late);
    }
  }

  close(): void {
    this.#listener.close();
    this.#listener.closeAllConnections();
  }

  #isOurs(response: URLSearchParams): boolean {
    const [given, ours] = [Buffer.from(response.get("state") ?? ""), Buffer.from(this.#state)];
    return given.length === ours.length && timingSafeEqual(given, ours);
  }

  get clientMetadata(): OAuthClientMetadata {
    return {
      client_name: "Permit MCP Gateway policy import",
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
  }
  state(): string {
    return this.#state;
  }
  clientInformation(context?: OAuthClientInformationContext): StoredOAuthClientInformation | undefined {
    const { clientId } = this.#options;
    if (clientId === undefined) return this.#client;
    // A public client has no secret that could go to another authorization server than the one that knows it.
    return { client_id: clientId, ...(context === undefined ? {} : { issuer: context.issuer }) };
  }
  saveClientInformation(client: StoredOAuthClientInformation): void {
    this.#client = client;
  }
  tokens(): StoredOAuthTokens | undefined {
    return this.#tokens;
  }
  saveTokens(tokens: StoredOAuthTokens): void {
    this.#tokens = tokens;
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

  async redirectToAuthorization(url: URL): Promise<void> {
    // The address is the server's word: a browser must not be made to open a file or to run a program, nor a human to
    // type a password for everybody to read.
    if (!isPrivate(url)) {
      throw new SignInError(
        `The server wants the sign-in at ${url.href.slice(0, 200)}, which is not https: not opened.`,
      );
    }
    this.#output.progress();
    this.#output.note(`The server asks for a sign-in. Open this in your browser:\n\n  ${visible(url.href)}\n`);
    if (!this.#options.opensBrowser) return;
    const browser = await open(url.href).catch(() => undefined);
    browser?.on("error", () => undefined);
  }
}
