import { Readable } from "node:stream";
import { GatewayError } from "../errors.ts";
import type { AnswerKind } from "./answer-headers.ts";
import type { VisibleTools } from "./exchange.ts";
import { isTooDeep, parseJson } from "./json-text.ts";
import { rewriteEvents, tooDeep } from "./sse-filter.ts";
import { through } from "./through.ts";
import { filterTools } from "./tool-list.ts";

const maxWholeBytes = 8 * 1024 * 1024;

/** Reads a JSON body whole. Throws GatewayError UPSTREAM_UNAVAILABLE, also for more than 100 levels, or what ended the body. */
export async function readJson(body: Readable): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of body as AsyncIterable<Buffer | string>) {
      // Text is what the gateway has written itself.
      const chunk = Buffer.from(part);
      bytes += chunk.length;
      if (bytes > maxWholeBytes) throw new Error("The answer is larger than 8 MB.");
      chunks.push(chunk);
    }
    const json = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)));
    if (isTooDeep(json)) throw tooDeep();
    return json;
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError("UPSTREAM_UNAVAILABLE", { sentence: "The MCP server's answer could not be read.", cause });
  }
}

/**
 * The body for the client: as it comes, never held back, unless it may hold a tool list; that is filtered, event by
 * event or whole. Undefined when the answer has no body. Throws GatewayError when a tool list can't be read.
 */
export async function answerBody(
  body: Readable,
  kind: AnswerKind,
  visibleTools: VisibleTools | undefined,
): Promise<Readable | undefined> {
  if (kind === "empty") {
    body.destroy();
    return undefined;
  }
  if (visibleTools === undefined) return body;
  if (kind === "json") {
    return Readable.from([JSON.stringify(await filterTools(await readJson(body), visibleTools))]);
  }
  return through(
    body,
    rewriteEvents((message) => filterTools(message, visibleTools)),
  );
}
