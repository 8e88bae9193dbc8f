/** The format of `grants.yaml`. */
import { z } from "zod";
import { day, trust, wholeNumber } from "./fields.ts";

/** `grants.yaml` */
export const grantsFileSchema = z
  .strictObject({
    groups: z
      .record(
        z.string(),
        z.array(z.string().describe("E-mail address of a member.")).describe("Members of the group `<name>`."),
      )
      .default({})
      .describe("Groups of humans: name of the group -> e-mail addresses."),
    grants: z
      .array(
        z
          .strictObject({
            server: z.string().describe("Key of the server: the name of its file in `servers`, without `.yaml`."),
            group: z.string().optional().describe("Name of the group that gets the grant. Either this or `human`."),
            human: z.string().optional().describe("E-mail address of the human who gets it. Either this or `group`."),
            ceiling: trust.describe(
              "The highest trust level these humans may give an agent on the server: `low`, `medium` or `high`. " +
                "When several grants reach one human, the highest holds.",
            ),
            until: day
              .optional()
              .describe("Last day on which the grant holds, UTC, as `2026-12-31`. Left out: it has no end."),
            consentDays: wholeNumber(1, 90)
              .optional()
              .describe(
                "Days after which a consent given under this grant ends. Left out: as the server or host says.",
              ),
          })
          .describe("One grant: who, on which server, up to which level."),
      )
      .default([])
      .describe("Who may use which server. Without a grant a human has no access."),
  })
  .describe("Who may use what: groups and ceilings.");

export type GrantsFile = z.infer<typeof grantsFileSchema>;
