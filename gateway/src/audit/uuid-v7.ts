import { randomUUID } from "node:crypto";

/**
 * A UUID version 7 (RFC 9562 section 5.7): sorts by `now`, to the millisecond; the rest is random, as in a version 4, of
 * which Node draws many at once.
 */
export function uuidV7(now: Date): string {
  const milliseconds = now.getTime().toString(16).padStart(12, "0");
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-7${randomUUID().slice(15)}`;
}
