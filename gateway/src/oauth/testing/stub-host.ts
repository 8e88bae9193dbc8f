/** The host and Permit in memory, as deps.ts describes them. */
import { type TrustLevel, toolActionKey } from "@permit-mcp-gateway/policies";
import type { AgentIdentity, ConsentFacts, HostDirectory, HostSettings, ServerSettings } from "../../deps.ts";

/** Settings of one server with these tools. */
export function stubServer(key: string, tools: Readonly<Record<string, TrustLevel>>): ServerSettings {
  return {
    key,
    name: `The ${key} server`,
    description: `Has ${key}.`,
    upstreamUrl: `https://${key}.example.com/mcp`,
    tools: new Map(Object.entries(tools).map(([name, trust]) => [name, { name, trust, action: toolActionKey(name) }])),
  };
}

/** A directory whose settings the test sets. */
export class StubDirectory implements HostDirectory {
  #settings: HostSettings;
  readonly #listeners: ((settings: HostSettings) => Promise<void>)[] = [];

  constructor(...servers: ServerSettings[]) {
    this.#settings = StubDirectory.#of(servers, true);
  }

  static #of(servers: readonly ServerSettings[], password: boolean): HostSettings {
    return {
      key: "demo",
      name: "Demo host",
      signIn: { password: { enabled: password } },
      servers: new Map(servers.map((server) => [server.key, server])),
    };
  }

  settings(): HostSettings {
    return this.#settings;
  }

  onChange(listener: (settings: HostSettings) => Promise<void>): void {
    this.#listeners.push(listener);
  }

  /** `announce: false` is a change whose listeners have not run yet, or have failed. */
  async change(servers: readonly ServerSettings[], { password = true, announce = true } = {}): Promise<void> {
    this.#settings = StubDirectory.#of(servers, password);
    if (!announce) return;
    for (const listener of this.#listeners) await listener(this.#settings);
  }
}

/** Ceilings that the test sets, consents that the gateway writes, and a log of the writes. */
export class StubFacts implements ConsentFacts {
  /** `email` -> server -> ceiling. */
  readonly ceilingsOf: Record<string, Record<string, TrustLevel>> = {};
  /** `clientId email server` -> level. */
  readonly consents = new Map<string, TrustLevel>();
  readonly writes: string[] = [];
  /** Runs before each write; a throw makes it fail. */
  beforeWrite: (write: string) => void = () => undefined;

  async ceilings(email: string): Promise<ReadonlyMap<string, TrustLevel>> {
    return new Map(Object.entries(this.ceilingsOf[email] ?? {}));
  }

  async consent(agent: AgentIdentity, server: string): Promise<TrustLevel | undefined> {
    return this.consents.get(`${agent.clientId} ${agent.email} ${server}`);
  }

  async give(agent: AgentIdentity, server: string, level: TrustLevel): Promise<void> {
    this.#write(`give ${agent.email} ${server} ${level}`);
    this.consents.set(`${agent.clientId} ${agent.email} ${server}`, level);
  }

  async withdraw(agent: AgentIdentity, server: string): Promise<void> {
    this.#write(`withdraw ${agent.email} ${server}`);
    this.consents.delete(`${agent.clientId} ${agent.email} ${server}`);
  }

  #write(write: string): void {
    this.beforeWrite(write);
    this.writes.push(write);
  }
}
