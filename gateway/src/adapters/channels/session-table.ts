/** The sessions of one gateway with one kind of server: how many there may be, and which one makes room for another. */
import type { UpstreamCaller, UpstreamRequest } from "../../deps/upstream.ts";
import { GatewayError } from "../../errors.ts";
import { ChannelSession } from "./channel-session.ts";
import type { OpenChannel } from "./message-channel.ts";
import { sessionOver } from "./request-bounds.ts";

/** Limits of the sessions of one gateway. */
export interface SessionLimits {
  /** A session without a request or stream for so long is ended. */
  readonly idleMs: number;
  /** Of one human, over all agents and servers. */
  readonly perHuman: number;
  readonly all: number;
}

/** A session and whose it is. */
export interface SessionEntry {
  readonly session: ChannelSession;
  readonly human: string;
  /** Whose it is and for what: see `ownerOf`. */
  readonly owner: string;
  idle: NodeJS.Timeout | undefined;
}

/** Sessions by their keys. */
export interface SessionTable {
  readonly size: number;
  find(key: string | undefined): SessionEntry | undefined;
  /** Opens one. Throws GatewayError UPSTREAM_UNAVAILABLE when all that could make room are in use. */
  start(key: string, request: UpstreamRequest, caller: UpstreamCaller, serverAsks: boolean): ChannelSession;
  /** To be called when something of the session is over: from then on it may be idle. */
  rest(key: string): void;
  end(session: ChannelSession): Promise<void>;
  /** Ends all. Resolves when nothing of them is left. */
  close(): Promise<void>;
}

/** Agent and server, with all that says what the server is: after a change of the policy it is another one. */
export function ownerOf({ agent, server }: UpstreamCaller): string {
  return JSON.stringify([agent.clientId, agent.email, server.key, server.upstreamUrl, server.transport]);
}

export function createSessionTable(open: OpenChannel, limits: SessionLimits): SessionTable {
  /** Those that are idle in the order in which they became so. */
  const entries = new Map<string, SessionEntry>();
  const ending = new Set<Promise<void>>();

  const end = (session: ChannelSession): Promise<void> => {
    const ended = session.close(sessionOver()).finally(() => ending.delete(ended));
    ending.add(ended);
    return ended;
  };

  const rest = (key: string) => {
    const entry = entries.get(key);
    if (entry === undefined || entry.session.busy) return;
    entries.delete(key);
    entries.set(key, entry);
    clearTimeout(entry.idle);
    entry.idle = setTimeout(() => {
      if (!entry.session.busy) void end(entry.session);
    }, limits.idleMs);
    entry.idle.unref();
  };

  /**
   * Makes room for one more session, by ending the one that is idle for longest: of the human's own where they have as many
   * as one may have, else of anybody's. So whoever opens sessions in a loop only ever replaces their own, and holds
   * `perHuman` of `all` at the most; what is under way is never ended for it. Throws when all are in use.
   */
  const makeRoom = (human: string) => {
    const all = [...entries.values()];
    const own = all.filter((entry) => entry.human === human);
    if (own.length < limits.perHuman && all.length < limits.all) return;
    const longest = (own.length < limits.perHuman ? all : own).find(({ session }) => !session.busy);
    if (longest !== undefined) return void end(longest.session);
    const sentence = "Too many sessions with this kind of MCP server are in use. Close some clients, then try again.";
    throw new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, detail: `${all.length} sessions` });
  };

  return {
    get size() {
      return entries.size;
    },
    find: (key) => (key === undefined ? undefined : entries.get(key)),
    start: (key, request, caller, serverAsks) => {
      makeRoom(caller.agent.email);
      const session = new ChannelSession((channelEnd, signal) => open(caller, request, channelEnd, signal), {
        serverAsks,
        onQuiet: () => rest(key),
        onEnd: () => {
          clearTimeout(entries.get(key)?.idle);
          entries.delete(key);
        },
      });
      entries.set(key, { session, human: caller.agent.email, owner: ownerOf(caller), idle: undefined });
      return session;
    },
    rest,
    end,
    close: async () => {
      for (const { session } of entries.values()) void end(session);
      await Promise.all(ending);
    },
  };
}
