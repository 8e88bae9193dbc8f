import makeFetchCookie from "fetch-cookie";
import type { ConsentRequest, ConsentView, GrantView, Level } from "../../consent/contract.ts";

/** An answer of the gateway: status, body as JSON where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export async function toAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const json = (response.headers.get("content-type") ?? "").includes("json");
  return {
    status: response.status,
    location: response.headers.get("location"),
    headers: response.headers,
    body: json && text !== "" && text !== "null" ? (JSON.parse(text) as Record<string, unknown>) : { text },
  };
}

/** A human with a browser, as far as cookies and redirects go. */
export class TestHuman {
  readonly #fetch = makeFetchCookie(fetch);
  readonly publicUrl: string;
  readonly email: string;
  readonly password: string;

  constructor(publicUrl: string, email: string, password: string) {
    this.publicUrl = publicUrl;
    this.email = email;
    this.password = password;
  }

  async get(path: string): Promise<Answer> {
    return toAnswer(await this.#fetch(new URL(path, this.publicUrl), { redirect: "manual" }));
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return toAnswer(
      await this.#fetch(new URL(path, this.publicUrl), {
        method: "POST",
        redirect: "manual",
        headers: { "content-type": "application/json", origin: this.publicUrl, ...headers },
        body: JSON.stringify(body),
      }),
    );
  }

  /** Sends a form as another site's page has the browser send it. */
  async postForm(path: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    return toAnswer(
      await this.#fetch(new URL(path, this.publicUrl), {
        method: "POST",
        redirect: "manual",
        headers: { origin: "https://idp.example.com" },
        body: new URLSearchParams(fields),
      }),
    );
  }

  signIn(query?: string): Promise<Answer> {
    const { email, password } = this;
    return this.post("/api/auth/sign-in/email", {
      email,
      password,
      ...(query === undefined ? {} : { oauth_query: query }),
    });
  }

  /** Goes from the authorization request to the consent page, signing in on the way, and returns the signed query. */
  async openConsent(authorizationUrl: URL | string): Promise<string> {
    let url = new URL(authorizationUrl);
    for (let hops = 0; hops < 5; hops += 1) {
      if (url.pathname === "/consent") return url.search.slice(1);
      const answer = url.pathname === "/sign-in" ? await this.signIn(url.search.slice(1)) : await this.get(url.href);
      const next = answer.location ?? answer.body.url;
      if (typeof next !== "string") throw new Error(`no way on from ${url}: ${JSON.stringify(answer)}`);
      url = new URL(next, this.publicUrl);
      if (url.origin !== this.publicUrl) throw new Error(`left the gateway before consent: ${url}`);
    }
    throw new Error("the consent page was not reached");
  }

  async consentView(query: string): Promise<ConsentView> {
    const { status, body } = await this.get(`/api/consent?${query}`);
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body as unknown as ConsentView;
  }

  answerConsent(request: ConsentRequest, headers: Record<string, string> = {}): Promise<Answer> {
    return this.post("/api/consent", request, headers);
  }

  /** Asks to sign in at an upstream server, and returns where the browser is sent to. */
  startUpstream(server: string, query?: string): Promise<Answer> {
    return this.post("/api/connect/start", { server, ...(query === undefined ? {} : { query }) });
  }

  /** Signs in at an upstream server and returns the page of the gateway that the browser ends at. */
  async signInUpstream(server: string, query?: string): Promise<URL> {
    const { status, body } = await this.startUpstream(server, query);
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return this.follow(String(body.redirect));
  }

  /** Follows redirects, on all sites, until a page of the gateway. */
  async follow(start: string): Promise<URL> {
    let url = new URL(start);
    const seen: string[] = [];
    for (let hops = 0; hops < 20; hops += 1) {
      const isPage = !url.pathname.endsWith("/callback") && !url.pathname.startsWith("/api/");
      if (url.origin === this.publicUrl && isPage) return url;
      const { status, location, body } = await this.get(url.href);
      const next = location ?? body.url;
      if (typeof next !== "string") throw new Error(`no way on from ${url.origin}${url.pathname}: ${status}`);
      url = new URL(next, url);
      seen.push(url.pathname);
    }
    throw new Error(`no end of redirects: ${seen.join(" ")}`);
  }

  /** Consents and returns the client's callback URL. */
  async authorize(authorizationUrl: URL | string, server: string, level: Level): Promise<URL> {
    const query = await this.openConsent(authorizationUrl);
    const { status, body } = await this.answerConsent({ accept: true, query, servers: [{ server, level }] });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return new URL(String(body.redirect));
  }

  async grants(): Promise<GrantView[]> {
    return (await this.get("/api/grants")).body.grants as GrantView[];
  }
}
