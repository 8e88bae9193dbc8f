/** All the ways to reach a server, as one. */
import type { UpstreamCaller } from "../deps.ts";
import { createProgramChannels, type ProgramChannelOptions } from "./channels/program-channel.ts";
import { createSessionUpstream, type SessionLimits } from "./channels/session-upstream.ts";
import { type ClosableUpstream, createUpstream, type UpstreamOptions } from "./upstream.ts";

export interface UpstreamsOptions extends ProgramChannelOptions, UpstreamOptions {
  readonly sessionLimits?: SessionLimits | undefined;
}

/** Requests go to each server the way that its `transport` says; without a caller they are plain HTTP. */
export function createUpstreams(options: UpstreamsOptions): ClosableUpstream {
  const http = createUpstream(options);
  const stdio = createSessionUpstream(createProgramChannels(options), options.sessionLimits);
  const kinds: Readonly<Record<UpstreamCaller["server"]["transport"]["type"], ClosableUpstream>> = {
    http,
    // A policy that needs what is not there is refused before anything is sent (`features.ts`).
    sse: http,
    stdio,
  };
  return {
    send: (request) => kinds[request.caller?.server.transport.type ?? "http"].send(request),
    close: async () => {
      await Promise.all([http.close(), stdio.close()]);
    },
  };
}
