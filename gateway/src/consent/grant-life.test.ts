/** The age that a consent reaches, against the rule asked hour by hour. */
import { profileKey, trustLevels } from "@permit-mcp-gateway/policies";
import fc from "fast-check";
import { expect, test } from "vitest";
import { settingsOf } from "../../testing/host-settings.ts";
import type { ServerSettings } from "../deps/host-settings.ts";
import { endOfLife } from "./grant-life.ts";
import { grantTermAt } from "./grant-term.ts";

const alice = "alice@example.com";
const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;
const createdAt = new Date("2026-11-24T10:00:00Z");
const day = (offset: number) => new Date(createdAt.getTime() + offset * dayMs).toISOString().slice(0, 10);

const days = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined });
const term = fc.record({ ceiling: fc.constantFrom(...trustLevels), until: fc.integer({ min: -2, max: 14 }), days });

/** By the hour: the first at which the rule of that hour says that the consent is too old. */
function firstHourTooOld(server: ServerSettings, absoluteDays: number): Date {
  for (let hour = 0; ; hour += 1) {
    const now = new Date(createdAt.getTime() + hour * hourMs);
    let termDays: number | undefined;
    try {
      termDays = grantTermAt(server, alice, now).consent_days;
    } catch {
      // Nothing holds then, which ends access by another rule.
    }
    const limit = Math.min(absoluteDays, server.consentDays ?? 90, termDays ?? 90);
    if (now.getTime() - createdAt.getTime() >= limit * dayMs) return now;
  }
}

test("is the first moment at which host, server or the grant that then holds says so", () => {
  fc.assert(
    fc.property(fc.array(term, { maxLength: 3 }), days, fc.integer({ min: 1, max: 20 }), (terms, own, absoluteDays) => {
      const grantTerms = terms.map(({ ceiling, until, days: consent }) => ({
        ceiling,
        until: day(until),
        ...(consent === undefined ? {} : { consent_days: consent }),
      }));
      const host = settingsOf({
        host: { sessions: { idleDays: 30, absoluteDays } },
        servers: {
          issues: {
            tools: {},
            attributes: {
              ...(own === undefined ? {} : { consent_days: own }),
              ...(grantTerms.length === 0 ? {} : { grant_terms: { [profileKey(alice)]: grantTerms } }),
            },
          },
        },
      });
      const server = host.servers.get("issues") as ServerSettings;
      expect(endOfLife(createdAt, alice, { host, server })).toEqual(firstHourTooOld(server, absoluteDays));
    }),
  );
});
