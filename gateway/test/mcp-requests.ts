/** MCP requests as a client sends them, by hand: so that a test can send wrong ones too. */

/** What came back over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { id?: unknown; result?: Record<string, unknown>; error?: RpcErrorBody };
  readonly text: string;
}

export interface RpcErrorBody {
  readonly code: number;
  readonly message: string;
  readonly data: { readonly code: string; readonly reason: string; readonly server?: string; readonly tool?: string };
}

const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** A `tools/call` of revision 2026-07-28, as a conforming client sends it. */
export function toolCall(name: string, args: object = {}, id: number | string = 1) {
  return {
    headers: { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": name },
    body: { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args, _meta: meta } },
  };
}

/** Any other request of revision 2026-07-28. */
export function rpc(method: string, params: object = {}) {
  return {
    headers: { "mcp-protocol-version": "2026-07-28", "mcp-method": method },
    body: { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } },
  };
}

/** Posts a message to a server, or with `""` to `/mcp`; `body` may be raw text. */
export async function post(
  gateway: { readonly url: string },
  token: string | undefined,
  { headers, body }: { headers?: Record<string, string>; body: unknown },
  server = "issues",
): Promise<HttpAnswer> {
  const response = await fetch(`${gateway.url}/mcp${server === "" ? "" : `/${server}`}`, {
    method: "POST",
    redirect: "manual",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").startsWith("application/json");
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson ? JSON.parse(text) : {}) as HttpAnswer["body"],
  };
}
