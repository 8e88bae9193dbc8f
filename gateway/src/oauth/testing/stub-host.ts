/** The host and Permit in memory, as deps/ describes them. */
import type { TrustLevel } from "@permit-mcp-gateway/policies";
import { type HostDocuments, type ServerDocuments, settingsOf } from "../../../testing/host-settings.ts";
import type { AgentIdentity } from "../../deps/grants.ts";
import type { HostDirectory, HostSettings } from "../../deps/host-settings.ts";
import type { ConsentFacts } from "../../deps/permit.ts";

/** Documents of one server with these tools. */
export function stubServer(key: string, tools: ServerDocuments["tools"]): ServerDocuments {
  const attributes = {
    name: `The ${key} server`,
    description: `Has ${key}.`,
    upstream_url: `https://${key}.example.com/mcp`,
  };
  return { attributes, tools };
}

/** A directory whose settings the test changes. */
export class StubDirectory implements HostDirectory {
  /** As it was at the start. */
  readonly documents: HostDocuments;
  #settings: HostSettings;
  readonly #listeners: ((settings: HostSettings) => Promise<void>)[] = [];

  constructor(documents: HostDocuments) {
    this.documents = documents;
    this.#settings = settingsOf(documents);
  }

  settings(): HostSettings {
    return this.#settings;
  }

  onChange(listener: (settings: HostSettings) => Promise<void>): void {
    this.#listeners.push(listener);
  }

  /**
   * Replaces what is named and puts back the rest. `announce: false` is a change whose listeners have not run yet, or
   * have failed.
   */
  async change({ host = {}, servers = {} }: Partial<HostDocuments> = {}, { announce = true } = {}): Promise<void> {
    const { documents } = this;
    this.#settings = settingsOf({
      host: { ...documents.host, ...host },
      servers: { ...documents.servers, ...servers },
    });
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
