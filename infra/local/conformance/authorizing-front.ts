import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A loopback address in front of a gateway. */
export interface AuthorizingFront {
  /** The MCP address to give to a client that can't sign in. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Passes every request on to `target` with one header more: the agent's token. All else goes through as it came, streams
 * unbuffered, so that what a client sees is what the gateway does. Of `Host` only its own name is translated: any other
 * is for the gateway to refuse.
 */
export async function startAuthorizingFront(target: URL, token: () => string): Promise<AuthorizingFront> {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { port } = server.address() as AddressInfo;
    const headers = [...request.rawHeaders];
    for (let index = 0; index < headers.length; index += 2) {
      if (headers[index]?.toLowerCase() !== "host") continue;
      if (headers[index + 1] === `localhost:${port}`) headers[index + 1] = target.host;
    }
    headers.push("authorization", `Bearer ${token()}`);
    const passed = httpRequest({
      host: "127.0.0.1",
      port: target.port,
      method: request.method,
      path: target.pathname,
      headers,
      setHost: false,
    });
    passed.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      response.flushHeaders();
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    passed.on("error", () => response.destroy());
    response.on("close", () => passed.destroy());
    request.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/mcp`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
