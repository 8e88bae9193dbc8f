import { dayOf } from "../src/day-of.ts";
import type { Day } from "../src/model.ts";
import { day } from "../src/schema/fields.ts";
import { UsageError } from "./command.ts";

/** The option of commands whose answer depends on the day, because grants end. */
export const dayOption = { on: { type: "string" } } as const;

/** The day that `--on` says, or today in UTC. Throws UsageError. */
export function dayOrToday(option: string | undefined): Day {
  if (option === undefined) return dayOf(new Date());
  const parsed = day.safeParse(option);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${JSON.stringify(option)} is not a day of the form 2026-12-31.`);
}
