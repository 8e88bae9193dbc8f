/** How values are written in a report. */
import type { Block } from "./document.ts";
import { paragraph } from "./document.ts";

/** To the second, UTC: the head of the column says so. */
export const moment = (time: Date | string): string => new Date(time).toISOString().slice(0, 19).replace("T", " ");

/** A name that a client chose is never without the id that the gateway knows it by. */
export const agentName = (name: string, clientId: string): string => `${name} (${clientId})`;

export const orNone = (value: string | null | undefined): string => value ?? "none";

/** `1 call`, `1,234 calls`. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;

/** Says that a list is not all there is; `command` prints the rest. */
export function andMore(more: number, command: string): readonly Block[] {
  return more === 0 ? [] : [paragraph(`And ${more.toLocaleString("en-US")} more: ${command}`)];
}
