/** A host whose humans may connect servers of their own, decided on as the plan provisions it. */
import type { lookup as resolve } from "node:dns";
import {
  agentKey,
  dynamicTools,
  effectiveTrust,
  humanKey,
  reaches,
  type TrustLevel,
} from "@permit-mcp-gateway/policies";
import { createUpstream } from "../src/adapters/upstream.ts";
import { addressRules } from "../src/address-rules.ts";
import { TestClient, type Tokens, tokensOf } from "../src/oauth/testing/test-client.ts";
import { TestHost } from "../src/oauth/testing/test-host.ts";
import { type Answer, type TestHuman, toAnswer } from "../src/oauth/testing/test-human.ts";
import { openMemoryDatabase } from "../testing/memory-database.ts";
import { toolCall } from "./mcp-requests.ts";

/** What `dynamicServers` of the policy says. */
export interface Entering {
  readonly enabled?: boolean;
  readonly maxPerHuman?: number;
  readonly privateHosts?: string[];
}

const type = {
  attributes: { name: "Servers of one's own", description: "", mcp_server_type: "dynamic" as const },
  tools: dynamicTools,
};

export class DynamicHost {
  readonly host: TestHost;
  readonly #close: () => Promise<void>;
  /** Names that were resolved for a connection. */
  readonly resolved: string[];
  readonly #humans = new Map<string, TestHuman>();

  private constructor(host: TestHost, resolved: string[], close: () => Promise<void>) {
    this.host = host;
    this.resolved = resolved;
    this.#close = close;
  }

  /** `addresses` says what a name has; `ca` is believed at what ends on this machine. */
  static async start(addresses: (name: string) => readonly string[], ca: string): Promise<DynamicHost> {
    const resolved: string[] = [];
    const lookup = ((name: string, _options: object, done: (error: Error | null, found: object[]) => void) => {
      resolved.push(name);
      const found = addresses(name);
      if (found.length === 0) return done(new Error("ENOTFOUND"), []);
      done(
        null,
        found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
    }) as unknown as typeof resolve;
    const hooks = { lookup, lastHop: { address: "127.0.0.1", ca } };
    let host: TestHost | undefined;
    const upstream = createUpstream({
      addressRules: () => addressRules(host?.directory.settings().dynamicServers?.privateHosts ?? []),
      hooks,
    });
    const check = async (user: string, action: string, server: string) => {
      const { facts } = host as TestHost;
      const needed = dynamicTools[action];
      if (needed === undefined || server !== "dynamic_mcp") return false;
      for (const [email, ceilings] of Object.entries(facts.ceilingsOf)) {
        const ceiling = ceilings[server];
        if (ceiling === undefined) continue;
        if (user === humanKey(email)) return reaches(ceiling, needed);
        for (const [key, level] of facts.consents) {
          const [clientId = "", of, on] = key.split(" ");
          if (of !== email || on !== server || user !== agentKey(clientId, email)) continue;
          return reaches(effectiveTrust(ceiling, level), needed);
        }
      }
      return false;
    };
    host = await TestHost.start(await openMemoryDatabase(), {
      upstream,
      hooks,
      decisions: {
        check,
        checkAll: (user, actions, server) => Promise.all(actions.map((action) => check(user, action, server))),
        ready: async () => true,
      },
    });
    const started = host;
    const made = new DynamicHost(started, resolved, async () => {
      await started.close();
      await upstream.close();
    });
    await made.provision();
    return made;
  }

  /** Puts the policy as it is by default, or with this, in force. */
  provision(
    { enabled = true, maxPerHuman = 10, privateHosts = ["127.0.0.1"] }: Entering = {},
    { facts, directory }: Pick<TestHost, "facts" | "directory"> = this.host,
  ): Promise<void> {
    facts.ceilingsOf["lead@example.com"] = { dynamic_mcp: "high" };
    facts.ceilingsOf["developer@example.com"] = { dynamic_mcp: "medium", issues: "high" };
    facts.ceilingsOf["contractor@example.com"] = { issues: "high" };
    return directory.change({
      host: { dynamic_servers: { enabled, maxPerHuman, privateHosts }, servers: ["issues", "wiki", "dynamic_mcp"] },
      servers: { dynamic_mcp: type },
    });
  }

  /** Signed in once: passwords are slow on purpose. */
  human(name: "lead" | "developer" | "contractor"): TestHuman {
    const known = this.#humans.get(name) ?? this.host.human(name);
    this.#humans.set(name, known);
    return known;
  }

  /** A human in front of the choice of servers. */
  async ask(name: "lead" | "developer" | "contractor", clientId?: string) {
    const human = this.human(name);
    const client = new TestClient(this.host.publicUrl);
    if (clientId === undefined) await client.register();
    else client.clientId = clientId;
    return { human, client, query: await human.openConsent(client.authorizationUrl(undefined)) };
  }

  /** Connects a server and consents to it. */
  async connect(name: "lead" | "developer", url: string, level: TrustLevel, clientId?: string) {
    const { human, client, query } = await this.ask(name, clientId);
    const entered = await this.enter(human, query, url);
    if (entered.status !== 200) throw new Error(JSON.stringify(entered.body));
    const server = String(entered.body.server);
    const answer = await human.answerConsent({ accept: true, query, servers: [{ server, level }] });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    const tokens = tokensOf(await client.exchange(new URL(String(answer.body.redirect))));
    return { human, client, server, tokens, call: (tool: string) => this.call(tokens, tool) };
  }

  enter(human: TestHuman, query: string, url: string): Promise<Answer> {
    return human.post("/api/servers", { query, url });
  }

  /** A tool call at `/mcp`, or another message. */
  async call({ access }: Tokens, tool: string, path = "/mcp"): Promise<Answer> {
    const { headers, body } = toolCall(tool);
    return toAnswer(
      await fetch(`${this.host.publicUrl}${path}`, {
        method: "POST",
        redirect: "manual",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          authorization: `Bearer ${access}`,
          ...headers,
        },
        body: JSON.stringify(body),
      }),
    );
  }

  close(): Promise<void> {
    return this.#close();
  }
}

/** The code of a refused call; undefined for one that was let through. */
export function codeOf({ body }: Answer): string | undefined {
  return (body.error as { data?: { code?: string } } | undefined)?.data?.code;
}
