import type { Readable, Transform } from "node:stream";
import { GatewayError } from "../errors.ts";

/**
 * Pipes `source` through `stage`, so that both fail together: `stage` with what `source` broke off with, even if that was
 * before this call, and `source` is let go when nobody wants more of `stage`. A failure waits for whoever reads `stage` later:
 * an answer can break off while the others of its batch are under way, and an error that nobody listens to ends the process.
 */
export function through<Stage extends Transform>(source: Readable, stage: Stage): Stage {
  stage.on("error", () => undefined);
  const broken = () => {
    if (!source.readableEnded) stage.destroy(source.errored ?? new GatewayError("UPSTREAM_UNAVAILABLE"));
  };
  source.on("error", (error) => stage.destroy(error));
  if (source.destroyed) broken();
  else source.once("close", broken);
  // What the gateway itself found wrong is what the call is recorded to have ended with.
  stage.once("close", () => source.destroy(stage.errored instanceof GatewayError ? stage.errored : undefined));
  return source.pipe(stage);
}
