import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

/** Stricter than what the gateway sends with every page: the pages need no font and no form target. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** One answer of the stubbed API. `hang` waits for `release()`, `drop` closes the connection without an answer. */
export type Answer =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
      readonly hang?: true;
    }
  | "drop";

/** One request the API saw. `url` is the path and query as sent. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly contentType: string | undefined;
  readonly body: unknown;
}

/** The built pages behind the gateway's security policy, with an API that answers what a test says. */
export class StubGateway {
  /** `GET /api/consent` -> answer. Set by each test; a route that is not here is 404. */
  readonly api = new Map<string, Answer>();
  readonly seen: Seen[] = [];
  readonly #folder: string;
  readonly #server: Server;
  #waiting: (() => void)[] = [];

  constructor(folder: string) {
    this.#folder = folder;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.writeHead(500).end());
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Lets every hanging answer go out. */
  release(): void {
    for (const go of this.#waiting) go();
    this.#waiting = [];
  }

  /** Requests that would change something. */
  get posts(): readonly Seen[] {
    return this.seen.filter((request) => request.method !== "GET");
  }

  reset(): void {
    this.release();
    this.api.clear();
    this.seen.length = 0;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? "/";
    const path = url.split("?", 1)[0] ?? "/";
    // Stands in for the client's redirect URI as well, so that a test sees the browser arrive.
    if (path === "/client/callback") {
      response
        .writeHead(200, { "content-type": "text/html" })
        .end("<!doctype html><title>client</title>Back in the client");
      return;
    }
    if (path.startsWith("/api/")) return this.#answer(request, response, url, path);
    const file = path.startsWith("/assets/") ? path : "/index.html";
    const content = await readFile(join(this.#folder, file));
    response
      .writeHead(200, {
        "content-type": contentTypes[extname(file)] ?? "application/octet-stream",
        "content-security-policy": contentSecurityPolicy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      })
      .end(content);
  }

  async #answer(request: IncomingMessage, response: ServerResponse, url: string, path: string): Promise<void> {
    if (path === "/api/connect" && !this.api.has("POST /api/connect")) {
      // Most tests are not about the server behind: it is there and has what the policy lists.
      const body = {
        state: "connected",
        name: "",
        askedForMore: false,
        tools: { changed: [], missing: [], unlisted: [] },
      };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
      return;
    }
    if (path === "/api/servers" && request.method === "GET" && !this.api.has("GET /api/servers")) {
      // Nor about servers of the human's own: there are none.
      response.writeHead(200, { "content-type": "application/json" }).end('{"servers":[]}');
      return;
    }
    const text = Buffer.concat(await request.toArray()).toString("utf8");
    const method = request.method ?? "";
    const contentType = request.headers["content-type"];
    this.seen.push({ method, url, contentType, body: text === "" ? undefined : JSON.parse(text) });
    const answer = this.api.get(`${method} ${path}`) ?? {
      status: 404,
      body: { error: "NOT_FOUND", message: "No route." },
    };
    if (answer === "drop") {
      request.socket.destroy();
      return;
    }
    if (answer.hang) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    response
      .writeHead(answer.status, { "content-type": "application/json", ...answer.headers })
      .end(answer.body === undefined ? "" : JSON.stringify(answer.body));
  }
}
