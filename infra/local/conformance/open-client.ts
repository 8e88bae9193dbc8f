import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";

/** A generation of the SDK. */
export type Generation = "1.x" | "2.x";

/** A program that speaks MCP over stdio. */
export interface ProgramAddress {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Where a client connects. `url` with the token of an agent where the gateway is there. */
export type Address = { readonly url: string; readonly token?: string | undefined } | ProgramAddress;

/** What both generations of the SDK have under the same name. */
export type CommonClient = Pick<
  ClientV1,
  | "listTools"
  | "listResources"
  | "listResourceTemplates"
  | "listPrompts"
  | "getPrompt"
  | "complete"
  | "setLoggingLevel"
  | "readResource"
  | "subscribeResource"
  | "unsubscribeResource"
  | "ping"
>;

/** A connected client that answers all that servers ask. */
export interface OpenClient {
  readonly client: CommonClient;
  call(name: string, args: Record<string, unknown>, onprogress?: () => void): Promise<object>;
  close(): Promise<void>;
}

const capabilities = { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } };
const sampled = { role: "assistant" as const, model: "test", content: { type: "text" as const, text: "Sampled." } };

/** Connects. `root` is the folder that the client says it works in. */
export async function openClient(generation: Generation, address: Address, root: string): Promise<OpenClient> {
  const roots = { roots: [{ uri: `file://${root}`, name: "Work" }] };
  const headers = "url" in address && address.token !== undefined ? { authorization: `Bearer ${address.token}` } : {};
  const program = "command" in address ? { ...address, args: [...address.args], stderr: "ignore" as const } : undefined;
  if (generation === "2.x") {
    const options = { capabilities, versionNegotiation: { mode: "legacy" as const } };
    const client = new ClientV2({ name: "real", version: "1" }, options);
    client.setRequestHandler("sampling/createMessage", () => sampled);
    client.setRequestHandler("elicitation/create", () => ({ action: "decline" as const }));
    client.setRequestHandler("roots/list", () => roots);
    const http = () => new HttpV2(new URL("url" in address ? address.url : ""), { requestInit: { headers } });
    await client.connect(program === undefined ? http() : new StdioV2(program));
    return {
      client: client as unknown as CommonClient,
      call: (name, args, onprogress) => client.callTool({ name, arguments: args }, onprogress ? { onprogress } : {}),
      close: () => client.close(),
    };
  }
  const client = new ClientV1({ name: "real", version: "1" }, { capabilities });
  client.setRequestHandler(CreateMessageRequestSchema, () => sampled);
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "decline" as const }));
  client.setRequestHandler(ListRootsRequestSchema, () => roots);
  const http = () => new HttpV1(new URL("url" in address ? address.url : ""), { requestInit: { headers } });
  await client.connect((program === undefined ? http() : new StdioV1(program)) as Parameters<ClientV1["connect"]>[0]);
  return {
    client,
    call: (name, args, onprogress) =>
      client.callTool({ name, arguments: args }, CallToolResultSchema, onprogress ? { onprogress } : {}),
    close: () => client.close(),
  };
}
