import type { FastifyBaseLogger } from "fastify";

/** How often there may be something to do: a new key must be announced in time. */
const everyMs = 10 * 60_000;

/** Runs `maintain` now and every ten minutes. A failure is logged and tried again at the next time. */
export function startMaintenance(maintain: () => Promise<void>, log: FastifyBaseLogger): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const run = () => {
    running = running.then(maintain).catch((err: unknown) => {
      log.error({ err }, "keys were not rotated, or expired rows not deleted; the next try is in ten minutes");
    });
  };
  run();
  const timer = setInterval(run, everyMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
