import { startLocalPermit } from "../start.ts";
import type { Place } from "./exchange-options.ts";
import { explainStart } from "./explain-start.ts";

/** What went wrong, for the person who typed the command. */
export class CommandError extends Error {}

/** Sends one request to the local Permit at a place. A stopped one is started for as long as that takes. */
export async function requestAt(place: Place, path: string, init: RequestInit = {}): Promise<Response> {
  if ("url" in place) return send(place.url, place.key, path, init);
  const options = { port: 0, host: "127.0.0.1", ...place };
  const permit = await startLocalPermit(options).catch((error: unknown) => {
    throw new CommandError(explainStart(error, options));
  });
  try {
    const response = await send(permit.url, permit.orgKey, path, init);
    // Read to its end before its server ends.
    return new Response(await response.arrayBuffer(), { status: response.status });
  } finally {
    await permit.close();
  }
}

async function send(url: string, key: string, path: string, init: RequestInit): Promise<Response> {
  try {
    const headers = { authorization: `Bearer ${key}`, ...init.headers };
    return await fetch(`${url}${path}`, { ...init, headers, redirect: "error" });
  } catch (error) {
    const { cause } = error as Error;
    throw new CommandError(`${url} does not answer: ${cause instanceof Error ? cause.message : String(error)}`);
  }
}
