/** The answers to the messages of a batch, as one answer (JSON-RPC 2.0 section 6, MCP 2025-03-26 transports). */
import { PassThrough, Readable } from "node:stream";
import { GatewayError } from "../errors.ts";
import { readJson } from "./answer-body.ts";
import { byteBudget } from "./byte-budget.ts";
import type { ClientAnswer } from "./client-answer.ts";
import { foldKey, isObject } from "./json-rpc.ts";
import { McpRefusal } from "./refusal.ts";
import { rewriteEvents } from "./sse-filter.ts";
import { through } from "./through.ts";

/** What became of one message: an answer of the upstream, or a refusal. */
export interface Outcome {
  readonly outcome: ClientAnswer | McpRefusal;
  /** Id of the request; undefined for a message that is not answered. */
  readonly id: string | number | undefined;
  /** The JSON-RPC error that tells the client of a failure of this message. */
  failure(error: unknown): object;
}

const noStore = { "cache-control": "no-store" };
const json = { ...noStore, "content-type": "application/json" };
const events = { ...noStore, "content-type": "text/event-stream", "x-accel-buffering": "no" };

/** Of all answers to a batch together: it counts once for the rate limits, and its answers are kept until the last is there. */
const batchBytesMax = 16 * 1024 * 1024;

type WithinBudget = (body: Readable) => Readable;

function tooLarge(): GatewayError {
  const sentence =
    "The answers to the batch are together larger than 16 MB. It may have taken effect. Send each message by itself.";
  return new GatewayError("UPSTREAM_ANSWER_TOO_LARGE", { sentence });
}

/** The JSON-RPC answer that is not part of a stream; undefined when there is none. Never throws. */
async function wholeAnswer({ outcome, id, failure }: Outcome, withinBudget: WithinBudget): Promise<unknown> {
  if (id === undefined) {
    if (!(outcome instanceof McpRefusal)) outcome.body?.destroy();
    return undefined;
  }
  if (outcome instanceof McpRefusal) return outcome.body;
  try {
    if (outcome.kind !== "json" || outcome.body === undefined) throw new GatewayError("UPSTREAM_UNAVAILABLE");
    const answer = await readJson(withinBudget(outcome.body));
    if (!isObject(answer)) return failure(answer);
    // An error about the HTTP request says no id; in a batch the client could not tell whose it is. Another spelling of the
    // member, which some parsers would take, could say that another one's answer this is.
    const others = Object.entries(answer).filter(([key]) => foldKey(key) !== "id");
    return { ...Object.fromEntries(others), id };
  } catch (error) {
    return failure(error);
  }
}

const isStreamed = ({ outcome }: Outcome): boolean => !(outcome instanceof McpRefusal) && outcome.kind === "events";

/** One event of a stream, whole: streams are mixed event by event. */
const eventOf = (message: unknown) => `event: message\ndata: ${JSON.stringify(message)}\n\n`;

/** All events of all messages as they come. All streams are read at once: one may wait for what another one asks for. */
function mixed(outcomes: readonly Outcome[], withinBudget: WithinBudget): Readable {
  const output = new PassThrough();
  output.on("error", () => undefined);
  const write = async (chunk: Buffer | string) => {
    if (output.destroyed || output.write(chunk)) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        output.off("drain", go).off("close", go);
        resolve();
      };
      output.on("drain", go).on("close", go);
    });
  };
  const pass = async (each: Outcome): Promise<void> => {
    if (!isStreamed(each)) {
      const answer = await wholeAnswer(each, withinBudget);
      return answer === undefined ? undefined : write(eventOf(answer));
    }
    const { body } = each.outcome as ClientAnswer;
    if (body === undefined) return;
    const whole = through(
      withinBudget(body),
      rewriteEvents(async (message) => message),
    );
    output.once("close", () => whole.destroy());
    try {
      for await (const chunk of whole) await write(chunk as Buffer);
    } catch (error) {
      if (each.id !== undefined) await write(eventOf(each.failure(error)));
    }
  };
  Promise.all(outcomes.map(pass)).then(
    () => output.end(),
    (error: unknown) => output.destroy(error as Error),
  );
  return output;
}

/**
 * One answer for all. Throws the McpRefusal that all have in common and whose status is the message (sign in, open a
 * session): in a 200 no client would see it.
 */
export async function answerOfBatch(outcomes: readonly Outcome[]): Promise<ClientAnswer> {
  const statuses = new Set(outcomes.map(({ outcome }) => outcome.status));
  const [first] = outcomes;
  if (first !== undefined && statuses.size === 1 && first.outcome.status >= 400) {
    for (const { outcome } of outcomes.slice(1)) if (!(outcome instanceof McpRefusal)) outcome.body?.destroy();
    if (first.outcome instanceof McpRefusal) throw first.outcome;
    return first.outcome;
  }
  const withinBudget = byteBudget(batchBytesMax, tooLarge);
  if (outcomes.some(isStreamed))
    return { status: 200, headers: events, kind: "events", body: mixed(outcomes, withinBudget) };
  const answers = (await Promise.all(outcomes.map((each) => wholeAnswer(each, withinBudget)))).filter(
    (answer) => answer !== undefined,
  );
  if (answers.length === 0) return { status: 202, headers: noStore, kind: "empty", body: undefined };
  return { status: 200, headers: json, kind: "json", body: Readable.from([JSON.stringify(answers)]) };
}
