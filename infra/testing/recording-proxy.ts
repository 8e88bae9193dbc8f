/** Stands between Permit's clients and a local Permit: passes everything on, notes it, and breaks off where a test says. */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came: method and path without the ids of project and environment, which differ from run to run. */
export type SeenRequest = `${string} ${string}`;

/** What to do with a request instead of passing it on; undefined passes it on. */
export type Interference = (request: SeenRequest) => ((response: ServerResponse) => void) | undefined;

function describe({ method, url }: IncomingMessage): SeenRequest {
  const path = decodeURIComponent((url ?? "").replace(/\?.*/, ""));
  return `${method} ${path.replace(/^\/v2\/(schema|facts)\/[^/]+\/[^/]+\//, "$1/")}`;
}

/** Starts one in front of `target`, an origin. */
export async function startRecordingProxy(target: string) {
  const seen: SeenRequest[] = [];
  let interfere: Interference | undefined;
  const server = createServer((request, response) => {
    const described = describe(request);
    seen.push(described);
    const instead = interfere?.(described);
    if (instead !== undefined) {
      request.resume();
      instead(response);
      return;
    }
    const forwarded = httpRequest(
      new URL(request.url ?? "/", target),
      { method: request.method, headers: request.headers },
      (answer) => {
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
    /** The requests since the last `take`, and forgets them. */
    take: (): { readonly all: readonly SeenRequest[]; readonly writes: readonly SeenRequest[] } => {
      const all = seen.splice(0);
      return { all, writes: all.filter((request) => !request.startsWith("GET ")) };
    },
    /** Interferes from here on; without one, no more. */
    interfere: (next?: Interference) => {
      interfere = next;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
