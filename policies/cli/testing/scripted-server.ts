import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** What a scripted server does. It is meant to do what a server of the SDK never would. */
export interface Script {
  /** Its `serverInfo`. */
  readonly info?: object;
  /** The result of `tools/list`. */
  readonly list: (cursor: string | undefined) => unknown;
  /** Called before anything else; true when it has answered, or never will. */
  readonly before?: (request: IncomingMessage, response: ServerResponse, method: string) => boolean;
}

/** A running scripted server. */
export interface ScriptedServer {
  readonly url: string;
  /** Every request, in order: the JSON-RPC method (empty without one) and the headers. */
  readonly requests: { readonly method: string; readonly headers: IncomingMessage["headers"] }[];
  script: Script;
  close(): Promise<void>;
}

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: { readonly cursor?: string };
}

async function readMessage(request: IncomingMessage): Promise<Message> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body === "" ? {} : (JSON.parse(body) as Message);
}

/** A server of protocol 2025-11-25 over streamable HTTP on 127.0.0.1, written by hand so that it may answer anything. */
export async function scriptedServer(first: Script): Promise<ScriptedServer> {
  const requests: ScriptedServer["requests"] = [];
  const server = createServer((request, response) => {
    const answer = async () => {
      const { id, method = "", params } = await readMessage(request);
      requests.push({ method, headers: request.headers });
      if (running.script.before?.(request, response, method) === true) return;
      if (request.method !== "POST") return response.writeHead(405).end();
      if (id === undefined) return response.writeHead(202).end();
      const initialize = {
        protocolVersion: "2025-11-25",
        capabilities: { tools: {} },
        serverInfo: running.script.info ?? { name: "scripted", version: "1" },
      };
      const result =
        method === "initialize"
          ? initialize
          : method === "tools/list"
            ? running.script.list(params?.cursor)
            : undefined;
      const error = { code: -32601, message: "Method not found" };
      response.writeHead(200, { "content-type": "application/json" });
      return response.end(JSON.stringify({ jsonrpc: "2.0", id, ...(result === undefined ? { error } : { result }) }));
    };
    answer().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const running: ScriptedServer = {
    url: `http://127.0.0.1:${port}/mcp`,
    requests,
    script: first,
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
  return running;
}
