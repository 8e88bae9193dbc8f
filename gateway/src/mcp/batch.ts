/** Batches of revision 2025-03-26, the only one that has them. Each message is decided on, recorded and sent by itself. */
import { GatewayError } from "../errors.ts";
import { type RpcMessage, toMessage } from "./json-rpc.ts";
import { staysOpen } from "./methods.ts";

const batchRevision = "2025-03-26";
/** A batch counts once for the rate limits, so it can't hold many calls. */
const maxMessages = 20;
/** Their answers are read whole before the first of them is sent on, so a batch holds one of each at most. */
const readWhole = ["tools/list", "prompts/list"];

function invalid(sentence: string): GatewayError {
  return new GatewayError("MESSAGE_INVALID", { sentence });
}

/**
 * Reads a batch whole, before any message of it is acted on: one that can't be read refuses them all. `version` is the
 * header of that name; clients of 2025-03-26 have none. Throws GatewayError MESSAGE_INVALID.
 */
export function readBatch(json: readonly unknown[], version: string | string[] | undefined): readonly RpcMessage[] {
  if (version !== undefined && version !== batchRevision) {
    throw invalid(`Only revision ${batchRevision} has batches. Send each JSON-RPC message by itself.`);
  }
  if (json.length === 0) throw invalid("The batch is empty.");
  if (json.length > maxMessages) throw invalid(`A batch can hold ${maxMessages} messages. Send fewer.`);
  const messages = json.map(toMessage);
  const ids = messages.flatMap((message) => (message.kind === "request" ? [message.id] : []));
  // Two requests with one id: nobody could tell which answer is whose.
  if (new Set(ids).size < ids.length) throw invalid("Two requests of the batch have the same id.");
  for (const method of readWhole) {
    const asked = messages.filter((message) => message.kind === "request" && message.method === method);
    if (asked.length > 1) throw invalid(`A batch can hold one ${method}. Send each by itself.`);
  }
  for (const message of messages) {
    // MCP 2025-03-26, lifecycle: initialize must not be part of a batch.
    if (message.kind === "request" && (message.method === "initialize" || staysOpen(message))) {
      throw invalid(`${message.method} can't be part of a batch.`);
    }
  }
  return messages;
}
