/** Reads the one JSON-RPC answer of a body that the gateway asked for itself. */
import type { Readable } from "node:stream";
import { readJson } from "./answer-body.ts";
import type { AnswerKind } from "./answer-headers.ts";
import type { RpcId } from "./json-rpc.ts";
import { rewriteEvents } from "./sse-filter.ts";

/** A JSON-RPC answer: `result` or `error`, read no further. */
export interface RpcAnswer {
  readonly id: RpcId;
  readonly result?: unknown;
  readonly error?: unknown;
}

function isAnswer(message: unknown, id: RpcId): message is RpcAnswer {
  return (
    typeof message === "object" && message !== null && "id" in message && message.id === id && !("method" in message)
  );
}

/** The answer with this id; undefined when the body has none. Throws GatewayError UPSTREAM_UNAVAILABLE. */
export async function readRpcAnswer(body: Readable, kind: AnswerKind, id: RpcId): Promise<RpcAnswer | undefined> {
  if (kind === "empty") return undefined;
  if (kind === "json") {
    const message = await readJson(body);
    return isAnswer(message, id) ? message : undefined;
  }
  let found: RpcAnswer | undefined;
  const reader = rewriteEvents(async (message) => {
    if (isAnswer(message, id)) found = message;
    return message;
  });
  body.on("error", (error) => reader.destroy(error));
  try {
    for await (const _chunk of body.pipe(reader)) if (found !== undefined) break;
  } finally {
    body.destroy();
  }
  return found;
}
