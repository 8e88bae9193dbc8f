/** The format of `tests/<what>.test.yaml`. */
import { z } from "zod";
import { day, line, trust } from "./fields.ts";

const toolNames = (meaning: string) =>
  z.array(z.string().describe("Name of a tool, as the server's file spells it.")).default([]).describe(meaning);

/** `tests/<what>.test.yaml` */
export const testFileSchema = z
  .strictObject({
    tests: z
      .array(
        z
          .strictObject({
            name: line(120).optional().describe("What the test shows. Left out: it is called by what it asks."),
            human: z.string().optional().describe("E-mail address of the human whose agent calls."),
            group: z
              .string()
              .optional()
              .describe("Name of a group, instead of `human`: what is said must hold for each member."),
            outsider: z
              .string()
              .optional()
              .describe(
                "E-mail address that the policy does not know, instead of `human`. Only `cannot` can be said of it.",
              ),
            server: z.string().describe("Key of the server."),
            consent: trust.describe("Level that the human has consented to: `low`, `medium` or `high`."),
            on: day.optional().describe("Day of the call, UTC, as `2026-12-31`. Left out: today."),
            client: z
              .string()
              .min(1)
              .max(2048)
              .optional()
              .describe("Client id of the agent. Left out: one that `approval.bypass` of the host doesn't name."),
            can: toolNames("Tools that may be called, and at once."),
            canWithApproval: toolNames("Tools that may be called, and whose calls wait for an approval."),
            cannot: toolNames("Tools that may not be called."),
          })
          .describe("Who asks for what, and what must be answered."),
      )
      .min(1, "No test")
      .describe("The tests. Together they say of a tool that it can be called and of a tool that it can't."),
  })
  .describe("Tests of the policy: who can and who cannot.");

export type TestFile = z.infer<typeof testFileSchema>;
export type PolicyTest = TestFile["tests"][number];

/** The lists of a test, and the answer that each asks for. */
export const expectations = ["can", "canWithApproval", "cannot"] as const;
