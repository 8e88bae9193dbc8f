/** All the ways to reach a server, as one. */
import type { Clock } from "../deps/process.ts";
import type { Upstream, UpstreamCaller } from "../deps/upstream.ts";
import { createProgramChannels, type ProgramChannelOptions } from "./channels/program-channel.ts";
import { createSessionUpstream, type SessionLimits, type SessionUpstream } from "./channels/session-upstream.ts";
import { createSseChannels } from "./channels/sse-channel.ts";
import { createEraBridge } from "./era-bridge.ts";
import { createUpstream, type UpstreamOptions } from "./upstream.ts";

export interface UpstreamsOptions extends ProgramChannelOptions, UpstreamOptions {
  readonly sessionLimits?: SessionLimits | undefined;
  readonly clock: Clock;
}

/** Connections cost less than programs. */
const connectionLimits: SessionLimits = { idleMs: 10 * 60_000, perHuman: 32, all: 4_096 };

/** Requests go to each server the way that its `transport` says; without a caller they are plain HTTP. */
export function createUpstreams(options: UpstreamsOptions): SessionUpstream {
  const http = createUpstream(options);
  const stdio = createSessionUpstream(createProgramChannels(options), options.sessionLimits);
  const sse = createSessionUpstream(createSseChannels(http), options.sessionLimits ?? connectionLimits);
  const kinds: Readonly<Record<UpstreamCaller["server"]["transport"]["type"], Upstream>> = {
    http: createEraBridge(http, options.clock),
    sse,
    stdio,
  };
  return {
    send: (request) => kinds[request.caller?.server.transport.type ?? "http"].send(request),
    sessions: () => sse.sessions() + stdio.sessions(),
    close: async () => {
      await Promise.all([sse.close(), stdio.close()]);
      await http.close();
    },
  };
}
