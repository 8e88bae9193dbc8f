import type { FastifyReply } from "fastify";

let waiting: { readonly reply: FastifyReply; readonly answer: unknown }[] = [];

/**
 * Sends an answer with all others of this turn of the event loop. One by one, each would wake up the process that waits
 * for it, and that takes longer than to decide; a single question does not wait at all.
 */
export function sendTogether(reply: FastifyReply, answer: unknown): void {
  waiting.push({ reply, answer });
  if (waiting.length === 1) setImmediate(sendWaiting);
}

function sendWaiting(): void {
  const sent = waiting;
  waiting = [];
  for (const { reply, answer } of sent) void reply.send(answer);
}
