/** Reads the tools of an MCP server with the official client, within a budget. */
import {
  Client,
  SdkHttpError,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { z } from "zod";
import type { Output } from "../command.ts";
import { BrowserSignIn } from "./browser-sign-in.ts";
import { Budget, BudgetError } from "./budget.ts";
import type { Endpoint, HttpEndpoint, StdioEndpoint } from "./endpoint.ts";
import { explainFailure, hasCause, ServerUnreadError } from "./explain-failure.ts";

/** What a server said of itself and its tools. All of it is text of the server. */
export interface ServerAnswer {
  readonly name: string;
  readonly title: string | undefined;
  readonly description: string | undefined;
  /** For example `2025-11-25`. */
  readonly protocolVersion: string;
  readonly transport: "streamable HTTP" | "HTTP+SSE" | "stdio";
  /** True when somebody signed in for it. */
  readonly signedIn: boolean;
  /** The items of `tools` of all pages, as they were sent. */
  readonly listed: readonly unknown[];
}

const toolsMax = 2_000;
const pagesMax = 200;

type HttpTransport = StreamableHTTPClientTransport | SSEClientTransport;

// The client of the SDK drops fields that it doesn't know, which a model would still read.
const toolsPage = z.object({ tools: z.array(z.unknown()), nextCursor: z.string().optional() });

function newClient(): Client {
  // All that a client can have: servers offer some tools only to clients that have what the tools need.
  const capabilities = {
    roots: { listChanged: true },
    sampling: { tools: {}, context: {} },
    elicitation: { form: {}, url: {} },
    tasks: { list: {}, cancel: {}, requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } },
  };
  return new Client(
    { name: "permit-mcp-gateway-import", version: "0.1.0" },
    { versionNegotiation: { mode: "auto", probe: { timeoutMs: 5_000 } }, capabilities },
  );
}

async function listTools(client: Client, budget: Budget, output: Output): Promise<readonly unknown[]> {
  if (client.getServerCapabilities()?.tools === undefined) return [];
  const listed: unknown[] = [];
  const seen = new Set<string>();
  for (let cursor: string | undefined, pages = 0; ; pages += 1) {
    if (pages === pagesMax) throw new ServerUnreadError(`The server lists its tools on more than ${pagesMax} pages.`);
    const params = cursor === undefined ? {} : { cursor };
    const page = await client.request({ method: "tools/list", params }, toolsPage, { signal: budget.signal });
    for (const tool of page.tools) listed.push(tool);
    if (listed.length > toolsMax) throw new ServerUnreadError(`The server lists more than ${toolsMax} tools.`);
    output.progress(`${listed.length} tools ...`);
    cursor = page.nextCursor;
    if (cursor === undefined) return listed;
    if (seen.has(cursor)) throw new ServerUnreadError("The server lists its tools in a circle: a page comes again.");
    seen.add(cursor);
  }
}

async function ask(client: Client, budget: Budget, output: Output) {
  const listed = await listTools(client, budget, output);
  const { name = "", title, description } = client.getServerVersion() ?? {};
  return { name, title, description, listed, protocolVersion: client.getNegotiatedProtocolVersion() ?? "" };
}

async function readHttp(endpoint: HttpEndpoint, budget: Budget, output: Output): Promise<ServerAnswer> {
  const signIn = endpoint.signIn === undefined ? undefined : await BrowserSignIn.listen(endpoint.signIn, output);
  let signedIn = false;
  const attempt = async (transport: HttpTransport): Promise<ServerAnswer> => {
    const client = newClient();
    try {
      await budget.within(client.connect(transport));
      const answer = await budget.within(ask(client, budget, output));
      const isSse = transport instanceof SSEClientTransport;
      return { ...answer, transport: isSse ? "HTTP+SSE" : "streamable HTTP", signedIn };
    } finally {
      // A session that is not ended stays at the server. What comes of it is of no interest any more.
      if (transport instanceof StreamableHTTPClientTransport && transport.sessionId !== undefined) {
        await budget.within(transport.terminateSession()).catch(() => undefined);
      }
      await client.close().catch(() => undefined);
    }
  };
  const options = {
    fetch: budget.fetch,
    requestInit: { headers: { ...endpoint.headers } },
    ...(signIn === undefined ? {} : { authProvider: signIn }),
  };
  const signingIn = async (newTransport: () => HttpTransport): Promise<ServerAnswer> => {
    const transport = newTransport();
    try {
      return await attempt(transport);
    } catch (error) {
      if (signIn === undefined || signedIn || !hasCause(error, UnauthorizedError)) throw error;
    }
    budget.stop();
    const response = await signIn.response();
    budget.start();
    await budget.within(transport.finishAuth(response));
    signedIn = true;
    return attempt(newTransport());
  };
  const overHttp = () => new StreamableHTTPClientTransport(endpoint.url, options);
  const overSse = () => new SSEClientTransport(endpoint.url, options);
  try {
    if (endpoint.transport === "sse") return await signingIn(overSse);
    try {
      return await signingIn(overHttp);
    } catch (error) {
      // How servers of the transport before it answer (MCP specification, Transports, Backwards Compatibility).
      const status = hasCause(error, SdkHttpError)?.status;
      if (endpoint.transport === "http" || ![400, 404, 405].includes(status ?? 0)) throw error;
      return await signingIn(overSse).catch((second: unknown) => {
        // Of the two failures the first is that of the transport which the server should have.
        throw hasCause(second, BudgetError) ?? error;
      });
    }
  } finally {
    signIn?.close();
  }
}

async function readStdio(endpoint: StdioEndpoint, budget: Budget, output: Output): Promise<ServerAnswer> {
  const { command, args, env } = endpoint;
  const transport = new StdioClientTransport({ command, args: [...args], env: { ...env }, stderr: "pipe" });
  let lastWords = "";
  transport.stderr?.on("data", (chunk: Buffer) => {
    budget.take(chunk.length);
    lastWords = `${lastWords}${chunk.toString()}`.slice(-1_000);
  });
  const client = newClient();
  const connecting = client.connect(transport, { signal: budget.signal });
  try {
    await budget.within(connecting);
    return { ...(await budget.within(ask(client, budget, output))), transport: "stdio", signedIn: false };
  } catch (error) {
    throw explainFailure(error, endpoint, lastWords.trim());
  } finally {
    // The client starts the program once to ask for the protocol and once to speak it. Either start may still be under
    // way, and a program that does not end by itself would go on after us.
    await connecting.catch(() => undefined);
    await client.close().catch(() => undefined);
    await transport.close().catch(() => undefined);
  }
}

/**
 * Connects and lists all tools.
 *
 * @param seconds how long the server may take, without the time of a human who signs in
 * @throws ServerUnreadError whatever goes wrong, with a sentence in which text of the server may stand
 */
export async function readServer(endpoint: Endpoint, seconds: number, output: Output): Promise<ServerAnswer> {
  const budget = new Budget(seconds);
  budget.start();
  try {
    return endpoint.kind === "http"
      ? await readHttp(endpoint, budget, output)
      : await readStdio(endpoint, budget, output);
  } catch (error) {
    throw explainFailure(error, endpoint);
  } finally {
    budget.stop();
    output.progress();
  }
}
