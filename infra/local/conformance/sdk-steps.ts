import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";

/** Step -> what came back, as JSON. */
export type Steps = Readonly<Record<string, string>>;

const capabilities = { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } };
const sampled = { role: "assistant" as const, model: "test", content: { type: "text" as const, text: "Sampled." } };
const roots = { roots: [{ uri: "file:///work", name: "Work" }] };
const prompt = { ref: { type: "ref/prompt" as const, name: "completable-prompt" } };

type Call = (name: string, args: Record<string, unknown>, onprogress: () => void) => Promise<object>;
/** What both generations of the SDK have under the same name. */
type Common = Pick<
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

async function steps(client: Common, call: Call): Promise<Steps> {
  let progress = 0;
  const onprogress = () => {
    progress += 1;
  };
  const uri = "demo://resource/static/document/features.md";
  const asked: Readonly<Record<string, () => Promise<object>>> = {
    ping: () => client.ping(),
    "tools/list": () => client.listTools(),
    "tools/call": () => call("echo", { message: "Grüße, 世界" }, onprogress),
    "structured content": () => call("get-structured-content", { location: "Chicago" }, onprogress),
    image: () => call("get-tiny-image", {}, onprogress),
    "an error of a tool": () => call("get-sum", { a: "x", b: 1 }, onprogress),
    progress: async () => {
      await call("trigger-long-running-operation", { duration: 0.3, steps: 3 }, onprogress);
      return { progress };
    },
    sampling: () => call("trigger-sampling-request", { prompt: "Hello", maxTokens: 10 }, onprogress),
    elicitation: () => call("trigger-elicitation-request", {}, onprogress),
    roots: () => call("get-roots-list", {}, onprogress),
    "resources/list": () => client.listResources(),
    "resources/templates/list": () => client.listResourceTemplates(),
    "resources/read": () => client.readResource({ uri }),
    "resources/subscribe": () => client.subscribeResource({ uri }),
    "resources/unsubscribe": () => client.unsubscribeResource({ uri }),
    "prompts/list": () => client.listPrompts(),
    "prompts/get": () => client.getPrompt({ name: "args-prompt", arguments: { city: "Berlin" } }),
    "completion/complete": () => client.complete({ ...prompt, argument: { name: "department", value: "E" } }),
    "logging/setLevel": () => client.setLoggingLevel("warning"),
  };
  const seen: Record<string, string> = {};
  for (const [step, ask] of Object.entries(asked)) {
    seen[step] = await ask().then(
      (answer) => JSON.stringify(answer),
      (error: unknown) => String(error),
    );
  }
  return seen;
}

/** Does what an MCP client can do, with one generation of the SDK. */
export async function sdkSteps(generation: "1.x" | "2.x", url: string, token?: string): Promise<Steps> {
  const requestInit = token === undefined ? {} : { requestInit: { headers: { authorization: `Bearer ${token}` } } };
  if (generation === "2.x") {
    const options = { capabilities, versionNegotiation: { mode: "legacy" as const } };
    const client = new ClientV2({ name: "real", version: "1" }, options);
    client.setRequestHandler("sampling/createMessage", () => sampled);
    client.setRequestHandler("elicitation/create", () => ({ action: "decline" as const }));
    client.setRequestHandler("roots/list", () => roots);
    await client.connect(new TransportV2(new URL(url), requestInit));
    const seen = await steps(client as unknown as Common, (name, args, onprogress) =>
      client.callTool({ name, arguments: args }, { onprogress }),
    );
    await client.close();
    return seen;
  }
  const client = new ClientV1({ name: "real", version: "1" }, { capabilities });
  client.setRequestHandler(CreateMessageRequestSchema, () => sampled);
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "decline" as const }));
  client.setRequestHandler(ListRootsRequestSchema, () => roots);
  await client.connect(new TransportV1(new URL(url), requestInit) as Parameters<ClientV1["connect"]>[0]);
  const seen = await steps(client, (name, args, onprogress) =>
    client.callTool({ name, arguments: args }, CallToolResultSchema, { onprogress }),
  );
  await client.close();
  return seen;
}
