import { watchExchanges } from "./watch-exchanges.ts";

const violations: string[] = [];

/** The violations of Permit's API description in this process since the last call. */
export function takeViolations(): readonly string[] {
  return violations.splice(0);
}

// Here and not in the setup file, which runs anew for every test file of a worker: each exchange is compared once.
watchExchanges((violation) => violations.push(violation));
