import type { ConsentChoice, Consenter } from "./human.ts";
import { OAuthMemory, type RegisteredClient } from "./oauth-memory.ts";

/** What became of a tool call. */
export type CallOutcome =
  | { readonly kind: "result"; readonly text: string }
  | { readonly kind: "denied"; readonly code: string; readonly reason: string }
  /** The gateway asks for a new sign-in (401) and the client could not refresh. */
  | { readonly kind: "unauthorized" };

interface McpClient<Transport> {
  connect(transport: Transport): Promise<void>;
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<object>;
  close(): Promise<void>;
}

/** One generation of the MCP SDK: what differs between them. */
export interface Sdk<Transport> {
  newClient(name: string): McpClient<Transport>;
  newTransport(url: URL, oauth: OAuthMemory): Transport;
  /** Redeems the authorization response. */
  finishAuth(transport: Transport, callback: URLSearchParams): Promise<void>;
  isUnauthorized(error: unknown): boolean;
}

/** JSON-RPC code of a call that the policy refuses. */
const permissionDenied = -32004;

/** A real MCP client with its OAuth state, acting for one human on one server. */
export class Agent<Transport = unknown> {
  readonly name: string;
  readonly oauth: OAuthMemory;
  readonly #url: URL;
  readonly #sdk: Sdk<Transport>;
  #client: McpClient<Transport>;

  /** `client` reuses a registration, as another install of the same program would. */
  constructor(name: string, mcpUrl: string, sdk: Sdk<Transport>, client?: RegisteredClient) {
    this.name = name;
    this.oauth = new OAuthMemory(name, client);
    this.#url = new URL(mcpUrl);
    this.#sdk = sdk;
    this.#client = sdk.newClient(name);
  }

  /** 401, discovery, registration, sign-in, consent, token, then the MCP connection. */
  async connect(human: Consenter, choice: ConsentChoice): Promise<void> {
    const refused = this.#sdk.newTransport(this.#url, this.oauth);
    await this.#sdk
      .newClient(this.name)
      .connect(refused)
      .catch((error: unknown) => {
        if (!this.#sdk.isUnauthorized(error)) throw error;
      });
    const callback = await human.authorize(this.oauth.takeAuthorizationUrl(), choice);
    await this.#sdk.finishAuth(refused, this.oauth.checkCallback(callback));
    this.#client = this.#sdk.newClient(this.name);
    await this.#client.connect(this.#sdk.newTransport(this.#url, this.oauth));
  }

  async listTools(): Promise<readonly string[]> {
    const { tools } = await this.#client.listTools();
    return tools.map((tool) => tool.name);
  }

  async call(tool: string, args: Readonly<Record<string, unknown>>): Promise<CallOutcome> {
    try {
      const result = await this.#client.callTool({ name: tool, arguments: { ...args } });
      return { kind: "result", text: JSON.stringify("content" in result ? result.content : result) };
    } catch (error) {
      if (this.#sdk.isUnauthorized(error)) return { kind: "unauthorized" };
      const { code, data } = error as { code?: unknown; data?: { code?: string; reason?: string } };
      if (code !== permissionDenied) throw error;
      return { kind: "denied", code: data?.code ?? "", reason: data?.reason ?? "" };
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
