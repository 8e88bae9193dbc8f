/** Stands between Permit's clients and a local Permit: passes everything on, notes it, and interferes where a test says. */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Method and path without the ids of project and environment, which differ from run to run. */
export type SeenRequest = `${string} ${string}`;

/**
 * What to do with a request instead of passing it on and its answer back: `refuse` answers with a status and is never
 * passed on; `lose` passes it on and closes the connection instead of answering; `hold` does neither for ever.
 */
export type Interference =
  | { readonly refuse: number; readonly headers?: Readonly<Record<string, string>> }
  | "lose"
  | "hold"
  | undefined;

function describe({ method, url }: IncomingMessage): SeenRequest {
  const path = decodeURIComponent((url ?? "").replace(/\?.*/, ""));
  return `${method} ${path.replace(/^\/v2\/(schema|facts)\/[^/]+\/[^/]+\//, "$1/")}`;
}

function refuse(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ id: "proxy", title: "Refused by the test", error_code: "UNEXPECTED_ERROR" }));
}

/** Starts one in front of `target`, an origin. */
export async function startRecordingProxy(target: string) {
  const seen: { readonly request: SeenRequest; readonly atMs: number }[] = [];
  let interfere: (request: SeenRequest) => Interference = () => undefined;
  let held: (() => void) | undefined;
  const server = createServer((request, response) => {
    const described = describe(request);
    seen.push({ request: described, atMs: performance.now() });
    const interference = interfere(described);
    if (interference === "hold") {
      held?.();
      return;
    }
    if (typeof interference === "object") {
      request.resume();
      refuse(response, interference.refuse, interference.headers);
      return;
    }
    const forwarded = httpRequest(
      new URL(request.url ?? "/", target),
      { method: request.method, headers: request.headers },
      (answer) => {
        if (interference === "lose") {
          answer.resume().on("end", () => request.socket.destroy());
          return;
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    forwarded.on("error", () => response.destroy());
    request.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The requests since the last `take`, which it forgets. */
    take: () => {
      const timed = seen.splice(0);
      const all = timed.map(({ request }) => request);
      return { timed, all, writes: all.filter((request) => !request.startsWith("GET ")) };
    },
    /** Interferes from here on, with each request for which `next` returns something. */
    interfere: (next: (request: SeenRequest) => Interference) => {
      interfere = next;
    },
    /** Resolves when a request is held. */
    untilHeld: () =>
      new Promise<void>((resolve) => {
        held = resolve;
      }),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
