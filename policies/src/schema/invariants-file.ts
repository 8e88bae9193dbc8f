/** The format of `invariants.yaml`. */
import { z } from "zod";
import { line, trust, wholeNumber } from "./fields.ts";

const names = (what: string) => z.array(z.string().describe(what)).min(1, "Names none");

/** The hints of MCP's tool annotations (specification, Tools), and what holds where a server does not say. */
export const annotationDefaults = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
} as const;

const hint = (meaning: string, without: boolean) =>
  z.boolean().optional().describe(`${meaning} A tool whose lock does not say counts as \`${without}\`.`);

const humansSchema = z
  .strictObject({
    groups: names("Name of a group.").optional().describe("Members of these groups."),
    addresses: names("E-mail address of a human.").optional().describe("These humans, beside those of `groups`."),
    outside: names("Name of a group.").optional().describe("Only those who are in none of these groups."),
  })
  .optional()
  .describe("Whom it is about. Left out: every human of the policy.");

const toolsSchema = z
  .strictObject({
    servers: names("Key of a server.").optional().describe("Tools of these servers. Left out: of all."),
    names: names("Name of a tool; `*` stands for any characters.")
      .optional()
      .describe("Tools of these names. Left out: of all names."),
    trust: z.array(trust.describe("A level.")).min(1, "Names none").optional().describe("Tools of these levels."),
    annotations: z
      .strictObject({
        readOnlyHint: hint("What the server says of whether the tool only reads.", annotationDefaults.readOnlyHint),
        destructiveHint: hint("Whether it may destroy.", annotationDefaults.destructiveHint),
        idempotentHint: hint("Whether a second call changes nothing more.", annotationDefaults.idempotentHint),
        openWorldHint: hint("Whether it reaches beyond its own data.", annotationDefaults.openWorldHint),
      })
      .optional()
      .describe("Tools of which the server's lock says this."),
  })
  .optional()
  .describe("Which tools it is about: those to which all of this applies. Left out: every enabled tool.");

const demandSchema = z
  .strictObject({
    reached: z.literal("never").optional().describe("`never`: none of these humans can call any of these tools."),
    approval: z
      .enum(["always", "unless-bypassed"])
      .optional()
      .describe(
        "Every call waits for an approval: `always`, or `unless-bypassed` when agents of the host's bypass list may pass.",
      ),
    humansMax: wholeNumber(0, 1_000_000)
      .optional()
      .describe("At most so many of these humans can call one or more of these tools, host by host."),
    consentDaysMax: wholeNumber(1, 90)
      .optional()
      .describe("A consent with which these tools can be called lives so many days at most."),
    until: z
      .literal("required")
      .optional()
      .describe("`required`: every grant by which these tools can be called has an end."),
  })
  .refine((demand) => Object.values(demand).some((value) => value !== undefined), "Demands nothing")
  .describe("What must hold. Several demands must all hold.");

/** `invariants.yaml`, beside the folder of the hosts. */
export const invariantsFileSchema = z
  .strictObject({
    invariants: z
      .array(
        z
          .strictObject({
            name: line(120).describe("What must hold, as a sentence."),
            hosts: names("Key of a host.").optional().describe("The hosts for which it must hold. Left out: all."),
            humans: humansSchema,
            tools: toolsSchema,
            demand: demandSchema,
          })
          .describe("One thing that must hold whatever the grants say."),
      )
      .describe("What must hold of the policies of all hosts, beside what `prove` always shows."),
  })
  .describe("Invariants: what must hold whatever the grants of a host say.");

export type InvariantsFile = z.infer<typeof invariantsFileSchema>;
export type Invariant = InvariantsFile["invariants"][number];
