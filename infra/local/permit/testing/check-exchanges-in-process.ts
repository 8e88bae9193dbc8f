/** Preloaded (`--import`) into a local Permit of its own process: the first answer unlike Permit's API ends it. */
import { watchExchanges } from "./watch-exchanges.ts";

watchExchanges((violation) => {
  process.stderr.write(`Answer that differs from Permit's API description: ${violation}\n`);
  process.exit(70);
});
