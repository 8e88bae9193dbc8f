/** A host whose agents have several servers at `/mcp`: real consent, real tokens, real MCP servers of both eras. */
import { agentKey, effectiveTrust, reaches, type TrustLevel } from "@permit-mcp-gateway/policies";
import { z } from "zod";
import { type ClosableUpstream, createUpstream } from "../src/adapters/upstream.ts";
import type { DecisionPoint } from "../src/deps/permit.ts";
import { TestClient, tokensOf } from "../src/oauth/testing/test-client.ts";
import { TestHost } from "../src/oauth/testing/test-host.ts";
import type { TestHuman } from "../src/oauth/testing/test-human.ts";
import { openMemoryDatabase } from "../testing/memory-database.ts";
import { type HttpAnswer, post, type toolCall } from "./mcp-requests.ts";
import { startUpstream, type UpstreamFixture } from "./upstream-fixture.ts";

/** Servers that an agent is given, with their levels. */
export type Given = Readonly<Record<string, TrustLevel>>;

/** One agent of one human, with its token. */
export interface MergedAgent {
  readonly token: string;
  readonly refresh: string;
  readonly client: TestClient;
  /** Server -> id of its grant. */
  readonly grants: ReadonlyMap<string, string>;
}

export class MergedHost {
  readonly host: TestHost;
  readonly issues: UpstreamFixture;
  readonly wiki: UpstreamFixture;
  readonly human: TestHuman;
  readonly #http: ClosableUpstream;
  readonly #decisions: DecisionPoint;

  private constructor(
    host: TestHost,
    { issues, wiki }: { readonly issues: UpstreamFixture; readonly wiki: UpstreamFixture },
    { upstream, decisions }: { readonly upstream: ClosableUpstream; readonly decisions: DecisionPoint },
  ) {
    this.host = host;
    this.issues = issues;
    this.wiki = wiki;
    this.human = host.human("lead");
    this.#http = upstream;
    this.#decisions = decisions;
  }

  static async start(): Promise<MergedHost> {
    const http = createUpstream();
    const asks = await startUpstream((server) => {
      server.registerPrompt("greet", { argsSchema: z.object({ name: z.string() }) }, ({ name }) => ({
        messages: [{ role: "user", content: { type: "text", text: `Greet ${name}.` } }],
      }));
      server.registerTool("ask", { inputSchema: z.object({}) }, async (_args, { mcpReq }) => {
        const requestedSchema = { type: "object", properties: { word: { type: "string" } } } as const;
        const answer = await mcpReq.elicitInput({ mode: "form", message: "Which?", requestedSchema });
        return { content: [{ type: "text", text: JSON.stringify(answer.content) }] };
      });
    });
    const wiki = await startUpstream();
    let host: TestHost | undefined;
    const decide = (user: string, action: string, server: string): boolean => {
      if (host === undefined) return false;
      const tool = [...(host.directory.settings().servers.get(server)?.tools.values() ?? [])].find(
        (each) => each.action === action,
      );
      for (const [key, consent] of host.facts.consents) {
        const [clientId = "", email = "", on] = key.split(" ");
        const ceiling = host.facts.ceilingsOf[email]?.[server];
        if (on !== server || agentKey(clientId, email) !== user || tool === undefined || ceiling === undefined)
          continue;
        return reaches(effectiveTrust(ceiling, consent), tool.trust);
      }
      return false;
    };
    const decisions: DecisionPoint = {
      check: async (user, action, server) => decide(user, action, server),
      checkAll: async (user, actions, server) => actions.map((action) => decide(user, action, server)),
      ready: async () => true,
    };
    host = await TestHost.start(await openMemoryDatabase(), { upstream: http, decisions });
    const merged = new MergedHost(host, { issues: asks, wiki }, { upstream: http, decisions });
    await merged.reset();
    return merged;
  }

  /** As it was at the start, and nothing counted. */
  async reset(wiki: object = {}): Promise<void> {
    await this.#provision(this.host, wiki);
    this.host.facts.ceilingsOf["lead@example.com"] = { issues: "high", wiki: "high", other: "high" };
    this.clear();
  }

  async #provision({ directory }: TestHost, wiki: object): Promise<void> {
    const tools = { list_issues: "low", create_issue: "medium", delete_issue: "high" } as const;
    await directory.change({
      servers: {
        issues: {
          attributes: { name: "Issue tracker", upstream_url: this.issues.url },
          tools: { ...tools, ask: "low" },
        },
        wiki: { attributes: { name: "Wiki", upstream_url: this.wiki.url, ...wiki }, tools },
      },
    });
  }

  /** A second process of the same host, which does not listen. */
  async replica(): Promise<TestHost> {
    const options = { upstream: this.#http, decisions: this.#decisions };
    const replica = await TestHost.start(this.host.database, options, this.host);
    await this.#provision(replica, {});
    return replica;
  }

  clear(): void {
    this.host.calls.length = 0;
    for (const { ran, requests } of [this.issues, this.wiki]) ran.length = requests.length = 0;
  }

  /** Requests that arrived at the servers. */
  get arrived(): number {
    return this.issues.requests.length + this.wiki.requests.length;
  }

  /** A new client that the human gives these servers. */
  async connect(given: Given, human: TestHuman = this.human): Promise<MergedAgent> {
    const client = new TestClient(this.host.publicUrl);
    await client.register();
    const query = await human.openConsent(client.authorizationUrl(undefined));
    const servers = Object.entries(given).map(([server, level]) => ({ server, level }));
    const { status, body } = await human.answerConsent({ accept: true, query, servers });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    const { access, refresh } = tokensOf(await client.exchange(new URL(String(body.redirect))));
    const own = (await human.grants()).filter((grant) => grant.client.id === client.clientId);
    return { client, token: access, refresh, grants: new Map(own.map(({ id, server }) => [server.key, id])) };
  }

  /** Posts to `/mcp`. */
  post(token: string, message: { headers?: Record<string, string>; body: unknown }): Promise<HttpAnswer> {
    return post({ url: this.host.publicUrl }, token, message, "");
  }

  call(token: string, message: ReturnType<typeof toolCall>): Promise<HttpAnswer> {
    return this.post(token, message);
  }

  async close(): Promise<void> {
    await this.host.close();
    await Promise.all([this.issues.close(), this.wiki.close(), this.#http.close()]);
  }
}
