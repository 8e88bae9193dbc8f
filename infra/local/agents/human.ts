import makeFetchCookie from "fetch-cookie";

/** What a human answers on the consent page. */
export type ConsentChoice = { readonly level: "low" | "medium" | "high" } | "deny";

/** Whoever answers an authorization request: signs in, consents or denies. */
export interface Consenter {
  /** Returns the callback URL that the client would be sent to. */
  authorize(authorizationUrl: URL, choice: ConsentChoice): Promise<URL>;
}

/** The gateway answered a human's request with an error. */
export class RefusedError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(`${status} ${code}: ${message}`);
    this.status = status;
    this.code = code;
  }
}

/** A human at the gateway's pages, without the browser: cookies, redirects and the same API calls the pages make. */
export class Human implements Consenter {
  readonly #fetch = makeFetchCookie(fetch);
  readonly #gatewayUrl: string;
  readonly email: string;
  readonly #password: string;

  constructor(gatewayUrl: string, email: string, password: string) {
    this.#gatewayUrl = gatewayUrl;
    this.email = email;
    this.#password = password;
  }

  /**
   * Goes through sign-in (when asked) and consent for an authorization request. Returns the callback URL that the
   * client would be sent to. Throws RefusedError when the gateway refuses.
   */
  async authorize(authorizationUrl: URL, choice: ConsentChoice): Promise<URL> {
    let url = authorizationUrl;
    for (let hops = 0; hops < 10; hops += 1) {
      if (url.origin !== this.#gatewayUrl) return url;
      const query = url.search.slice(1);
      if (url.pathname === "/sign-in") {
        url = new URL(await this.signIn(query), this.#gatewayUrl);
      } else if (url.pathname === "/consent") {
        url = new URL(await this.consent(query, choice));
      } else {
        // Node's fetch says `Sec-Fetch-Mode: cors`, to which the server answers with JSON instead of a redirect.
        const { url: next } = (await this.request("GET", url.href)) as { url: string };
        url = new URL(next, url);
      }
    }
    throw new Error("The authorization request did not come to an end within ten redirects.");
  }

  /** Signs in by password. Returns where the page would go next. */
  async signIn(query?: string): Promise<string> {
    const answer = await this.request("POST", "/api/auth/sign-in/email", {
      email: this.email,
      password: this.#password,
      ...(query === undefined ? {} : { oauth_query: query }),
    });
    const { url } = answer as { url?: string };
    return url ?? "/";
  }

  /** Answers a consent request; `query` is the signed query of the consent page. Returns the client's redirect URL. */
  async consent(query: string, choice: ConsentChoice): Promise<string> {
    if (choice === "deny") return this.#answer({ accept: false, query });
    const view = (await this.request("GET", `/api/consent?${query}`)) as { server: { key: string } | null };
    if (view.server === null) throw new Error(`${this.email} has no grant on the server asked for.`);
    return this.#answer({ accept: true, query, servers: [{ server: view.server.key, level: choice.level }] });
  }

  async #answer(body: object): Promise<string> {
    const { redirect } = (await this.request("POST", "/api/consent", body)) as { redirect: string };
    return redirect;
  }

  /** Ends every agent of this human. Returns how many there were. */
  async revokeAll(): Promise<number> {
    const { grants } = (await this.request("GET", "/api/grants")) as { grants: { id: string }[] };
    for (const grant of grants) await this.request("POST", `/api/grants/${grant.id}/revoke`, {});
    return grants.length;
  }

  /** One call of the pages' API with this human's cookies. Throws RefusedError on any status but 2xx. */
  async request(method: "GET" | "POST", path: string, body?: object): Promise<unknown> {
    const response = await this.#fetch(new URL(path, this.#gatewayUrl), {
      method,
      headers: { accept: "application/json", "content-type": "application/json", origin: this.#gatewayUrl },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw await refusal(response);
    return response.json();
  }
}

async function refusal(response: Response): Promise<RefusedError> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as { error?: string; code?: string; message?: string; error_description?: string };
    return new RefusedError(
      response.status,
      body.error ?? body.code ?? "",
      body.message ?? body.error_description ?? text,
    );
  } catch {
    return new RefusedError(response.status, "", text.slice(0, 200));
  }
}
