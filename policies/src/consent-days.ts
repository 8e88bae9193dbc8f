import type { GrantModel, HostModel, ServerModel } from "./model.ts";

/** Who says how long a consent lives, and how many days. */
export interface ConsentDays {
  readonly days: number;
  readonly said: "host" | "server" | "grant";
}

/**
 * Longest life of a consent to a server under a grant: the least of what host, server and grant say. Of equals the
 * wider one is named.
 */
export function consentDays(host: HostModel, server: ServerModel, grant: GrantModel): ConsentDays {
  let least: ConsentDays = { days: host.sessions.absoluteDays, said: "host" };
  for (const [said, days] of [
    ["server", server.consentDays],
    ["grant", grant.consentDays],
  ] as const) {
    if (days !== undefined && days < least.days) least = { days, said };
  }
  return least;
}
