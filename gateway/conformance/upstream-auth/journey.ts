/** One scenario of the suite: a human who consents by HTTP, and an agent that calls every tool through the gateway. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { ServerAttributes } from "@permit-mcp-gateway/policies";
import { TestClient, tokensOf } from "../../src/oauth/testing/test-client.ts";
import type { TestHost } from "../../src/oauth/testing/test-host.ts";
import type { TestHuman } from "../../src/oauth/testing/test-human.ts";

/** What the suite says of a scenario. */
export interface Scenario {
  /** MCP endpoint of the scenario's server. */
  readonly url: string;
  readonly scenario: string;
  /** JSON; some scenarios give a client that they know. */
  readonly context: string;
  readonly version?: string | undefined;
}

/** So often a human follows the link of a refused call. One who is sent round in circles stops. */
const signInsMax = 2;

const provision = (host: TestHost, url: string, auth: ServerAttributes["auth"], tools: readonly string[]) =>
  host.directory.change({
    servers: {
      issues: {
        attributes: { name: "Scenario", upstream_url: url, ...(auth === undefined ? {} : { auth }) },
        tools: Object.fromEntries(tools.map((name) => [name, "low" as const])),
      },
    },
  });

/** Throws where the scenario's server, or the gateway, does not let the human or the agent go on. */
export async function goThrough(host: TestHost, { url, context, version }: Scenario): Promise<void> {
  const given = JSON.parse(context) as { client_id?: string; client_secret?: string };
  process.env.SECRET_SCENARIO_CLIENT = given.client_secret;
  const auth = {
    type: "oauth" as const,
    ...(given.client_id === undefined ? {} : { clientId: given.client_id }),
    ...(given.client_secret === undefined ? {} : { clientSecret: { secret: "scenario/client" } }),
  };
  await provision(host, url, auth, []);

  const human = host.human("lead");
  const client = new TestClient(host.publicUrl);
  await client.register();
  const page = await human.signInUpstream("issues", await human.openConsent(client.authorizationUrl("issues")));
  const query = page.search.slice(1);
  const tools = await offered(human, query);
  await provision(host, url, auth, tools);
  const { status, body } = await human.answerConsent({
    accept: true,
    query,
    servers: [{ server: "issues", level: "low" }],
  });
  if (status !== 200) throw new Error(`consent: ${JSON.stringify(body)}`);
  const { access } = tokensOf(await client.exchange(new URL(String(body.redirect))));

  for (let signIns = 0; ; signIns += 1) {
    try {
      return await callEverything(new URL("/mcp/issues", host.publicUrl), access, version);
    } catch (error) {
      const link = linkOf(error);
      if (link === undefined || signIns === signInsMax) throw error;
      await human.signInUpstream("issues");
    }
  }
}

/** The tools of the server, as the consent page shows them. */
async function offered(human: TestHuman, query: string): Promise<readonly string[]> {
  const connect = async () => (await human.post("/api/connect", { server: "issues", query })).body;
  let body = await connect();
  for (let signIns = 0; body.state === "sign-in-needed" && signIns < signInsMax; signIns += 1) {
    await human.signInUpstream("issues");
    body = await connect();
  }
  if (body.state !== "connected") throw new Error(`connect: ${JSON.stringify(body)}`);
  return (body.tools as { unlisted: string[] }).unlisted;
}

async function callEverything(url: URL, token: string, version: string | undefined): Promise<void> {
  const mode = version === "2026-07-28" ? { pin: version } : ("legacy" as const);
  const client = new Client({ name: "conformance", version: "1.0.0" }, { versionNegotiation: { mode } });
  const transport = new StreamableHTTPClientTransport(url, { authProvider: { token: async () => token } });
  try {
    await client.connect(transport);
    for (const { name } of (await client.listTools()).tools) await client.callTool({ name, arguments: {} });
  } finally {
    await client.close();
  }
}

/** The link of a call that waits for a human, wherever the SDK keeps the error's data. */
function linkOf(error: unknown): string | undefined {
  const { data } = error as {
    readonly data?: { readonly link?: unknown; readonly elicitations?: { url?: unknown }[] };
  };
  const link = data?.link ?? data?.elicitations?.[0]?.url;
  return typeof link === "string" ? link : undefined;
}
