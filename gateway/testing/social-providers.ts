/**
 * Google, GitHub and Microsoft for tests: their endpoints as OAuth 2.0 and OpenID Connect describe them, on this machine.
 * Their addresses are fixed in the gateway; `fetch` is led here by undici's global dispatcher, so that nothing in the
 * gateway can be told to ask elsewhere.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { Agent, Dispatcher, getGlobalDispatcher, setGlobalDispatcher } from "undici";

/** The hosts that are answered here. */
const hosts = new Set([
  "accounts.google.com",
  "oauth2.googleapis.com",
  "www.googleapis.com",
  "github.com",
  "api.github.com",
  "login.microsoftonline.com",
]);

export interface SocialProviders {
  /** Claims of the ID token (Google, Microsoft); of GitHub `{ user, emails }`. */
  human: Readonly<Record<string, unknown>>;
  /** Hosts that the gateway itself has asked, with the path. */
  readonly asked: string[];
  /** What a browser does at an authorization endpoint: the human agrees, and is sent back. */
  authorize(url: string): string;
  close(): Promise<void>;
}

/** Leads requests to one of the hosts to this machine. */
class Redirected extends Dispatcher {
  readonly #agent = new Agent();
  readonly #port: number;
  readonly #others: Dispatcher;
  constructor(port: number, others: Dispatcher) {
    super();
    this.#port = port;
    this.#others = others;
  }
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { hostname } = new URL(String(options.origin));
    if (!hosts.has(hostname)) return this.#others.dispatch(options, handler);
    const path = `/${hostname}${options.path}`;
    return this.#agent.dispatch({ ...options, origin: `http://127.0.0.1:${this.#port}`, path }, handler);
  }
  override close(): Promise<void> {
    return this.#agent.close();
  }
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams(Buffer.concat(await request.toArray()).toString("utf8"));
}

export async function startSocialProviders(clientSecret: string): Promise<SocialProviders> {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "key-1", alg: "RS256", use: "sig" };
  /** Code -> what it was issued for. */
  const codes = new Map<
    string,
    { readonly challenge: string; readonly redirectUri: string; readonly clientId: string }
  >();

  const token = async (form: URLSearchParams) => {
    const code = form.get("code") ?? "";
    const issued = codes.get(code);
    codes.delete(code);
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const right =
      issued?.challenge === challenge &&
      issued.redirectUri === form.get("redirect_uri") &&
      issued.clientId === form.get("client_id") &&
      form.get("client_secret") === clientSecret;
    if (issued === undefined || !right) return { error: "invalid_grant" };
    const idToken = await new SignJWT({ ...self.human })
      .setProtectedHeader({ alg: "RS256", kid: "key-1" })
      .setAudience(issued.clientId)
      .setIssuedAt()
      .setExpirationTime("5m")
      .sign(privateKey);
    return { access_token: "access", token_type: "bearer", expires_in: 300, scope: "openid", id_token: idToken };
  };
  const server = createServer((request, response) => {
    const [, host, ...path] = (request.url ?? "").split("/");
    const name = `${host}/${path.join("/").split("?")[0]}`;
    self.asked.push(name);
    const answer = async (): Promise<unknown> => {
      if (/token$/.test(name)) return token(await formOf(request));
      if (/certs$|keys$/.test(name)) return { keys: [jwk] };
      if (name === "api.github.com/user") return self.human.user;
      if (name === "api.github.com/user/emails") return self.human.emails;
      return undefined;
    };
    answer()
      .then((body) => {
        response.writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" });
        response.end(JSON.stringify(body ?? {}));
      })
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const before = getGlobalDispatcher();
  const redirected = new Redirected((server.address() as AddressInfo).port, before);
  setGlobalDispatcher(redirected);

  const self: SocialProviders = {
    human: {},
    asked: [],
    authorize: (url) => {
      const { searchParams } = new URL(url);
      const parameter = (name: string) => searchParams.get(name) ?? "";
      const code = createHash("sha256").update(url).digest("base64url");
      const [challenge, redirectUri, clientId] = ["code_challenge", "redirect_uri", "client_id"].map(parameter);
      codes.set(code, { challenge: challenge ?? "", redirectUri: redirectUri ?? "", clientId: clientId ?? "" });
      const back = new URL(redirectUri ?? "");
      back.search = new URLSearchParams({ code, state: parameter("state") }).toString();
      return back.href;
    },
    close: async () => {
      setGlobalDispatcher(before);
      await redirected.close();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
  return self;
}
