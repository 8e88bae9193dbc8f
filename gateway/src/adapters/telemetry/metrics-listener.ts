/** `/metrics` on a port of its own: it asks nobody who they are, so it must not be where clients are. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const requestTimeoutMs = 10_000;
const connectionsMax = 32;
const textFormat = "text/plain; version=0.0.4; charset=utf-8";

/** Listens until `close`. Throws when the address can't be listened on. */
export async function startMetricsListener(
  { host, port }: { readonly host: string; readonly port: number },
  text: () => Promise<string>,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const answer = async ({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (url?.split("?")[0] !== "/metrics") return void response.writeHead(404).end();
    if (method !== "GET" && method !== "HEAD") return void response.writeHead(405, { allow: "GET, HEAD" }).end();
    const body = await text();
    response.writeHead(200, { "content-type": textFormat, "content-length": Buffer.byteLength(body) });
    response.end(method === "HEAD" ? undefined : body);
  };
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    // What a request brings is not read.
    request.resume();
    answer(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
