/** Sessions at several servers behind one address. */
import type { Grant } from "./grants.ts";

/** A session of an agent at one server. */
export interface UpstreamSession {
  /** As `SessionSeal` writes it for the agent; null where the server has no sessions. */
  readonly sealedId: string | null;
  /** Protocol revision that the server has chosen. */
  readonly protocolVersion: string;
}

/** A session of an agent that has several servers at one address, and those behind it. */
export interface MergedSession {
  readonly id: string;
  /** `params` of the client's `initialize`: each server hears the same. */
  readonly client: Readonly<Record<string, unknown>>;
  /** By server, those opened so far. */
  readonly upstreams: ReadonlyMap<string, UpstreamSession>;
}

/** Sessions at the address of several servers, known to all replicas. One that is not used for a week is gone. */
export interface MergedSessionStore {
  /** Returns the id. Of an agent's sessions the newest hundred are kept. */
  create(agent: Pick<Grant, "userId" | "clientId">, client: object): Promise<string>;
  find(id: string): Promise<MergedSession | undefined>;
  /** Stores a session there and returns the one that is stored then: another replica may have been first. */
  keep(id: string, server: string, session: UpstreamSession): Promise<UpstreamSession>;
  /** Forgets this session there; one that has taken its place stays. */
  forget(id: string, server: string, session: UpstreamSession): Promise<void>;
  end(id: string): Promise<void>;
}
