import type { Readable } from "node:stream";
import { GatewayError } from "../../errors.ts";
import { readBytes } from "../../read-bytes.ts";
import { readBatch } from "../batch.ts";
import type { Exchange, WithMessages } from "../exchange.ts";
import { readJsonBody, toMessage } from "../json-rpc.ts";

const maxBodyBytes = 1024 * 1024;

/** All of the body. Throws GatewayError BODY_TOO_LARGE, and MESSAGE_INVALID when the client goes away before its end. */
async function readWhole(body: Readable): Promise<Buffer> {
  const whole = await readBytes(body, maxBodyBytes).catch((cause: unknown) => {
    throw new GatewayError("MESSAGE_INVALID", { sentence: "The body ended before its end.", cause });
  });
  if (whole !== undefined) return whole;
  body.pause();
  throw new GatewayError("BODY_TOO_LARGE");
}

/**
 * The body is one JSON-RPC message, or a batch where the revision has them, of at most 1 MB. What is sent on is the parsed
 * message, serialized again: no duplicate key or odd encoding can show the upstream another call than the one decided on.
 */
export async function readBody({ headers, body }: Exchange): Promise<WithMessages> {
  // Asked for exactly, because a web page can send other types to a foreign site without asking first (CORS).
  if (!/^application\/json *(;.*)?$/i.test(headers["content-type"] ?? "")) {
    throw new GatewayError("MESSAGE_INVALID", { sentence: "Send the message as Content-Type: application/json." });
  }
  // Inflating would let a small body become a large one.
  if ((headers["content-encoding"] ?? "identity") !== "identity") {
    throw new GatewayError("MESSAGE_INVALID", { sentence: "Send the message without Content-Encoding." });
  }
  if (Number(headers["content-length"] ?? 0) > maxBodyBytes) throw new GatewayError("BODY_TOO_LARGE");
  const json = readJsonBody(await readWhole(body));
  if (Array.isArray(json)) return { messages: readBatch(json, headers["mcp-protocol-version"]), batch: true };
  return { messages: [toMessage(json)], batch: false };
}
