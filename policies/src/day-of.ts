import type { Day } from "./model.ts";

/** The day of a moment, in UTC: grants begin and end at midnight UTC for everybody. */
export function dayOf(moment: Date): Day {
  return moment.toISOString().slice(0, 10);
}
