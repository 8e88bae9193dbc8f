/** What the audit log keeps: of the host, of one server, of one tool. */
import { z } from "zod";
import { jsonPathProblem } from "../redaction/json-path.ts";
import { wholeNumber } from "./fields.ts";

/** What a record says of a call's arguments, from the least to the most. */
export const argumentLevels = ["none", "digest", "full"] as const;

export type ArgumentLevel = (typeof argumentLevels)[number];

const pathLengthMax = 256;
/** Of one list; those of host, server and tool add up. */
const pathsMax = 50;

const jsonPath = z
  .string()
  .max(pathLengthMax, { error: `Longer than ${pathLengthMax} characters`, abort: true })
  .superRefine((path, context) => {
    const problem = jsonPathProblem(path);
    if (problem !== undefined) context.addIssue({ code: "custom", message: `The path ${problem}` });
  })
  .describe("A JSONPath (RFC 9535) into the arguments, such as `$.password` or `$..token`, without functions.");

const redact = z.array(jsonPath).max(pathsMax, `More than ${pathsMax} paths`);

/** What a server or a tool says beside its host. */
const callAuditSchema = z.strictObject({
  arguments: z.enum(argumentLevels).optional().describe("As in `host.yaml`. Left out: as what it belongs to says."),
  redact: redact.default([]).describe("Further JSONPaths of what is replaced; no line takes another's away."),
});

/** `audit` of a server, or of a tool. */
export const callAudit = (whose: string) =>
  callAuditSchema.optional().describe(`What the audit log keeps of the calls of ${whose}. Left out: nothing else.`);

/** What one place says of the audit of calls. */
export type CallAudit = z.infer<typeof callAuditSchema>;

/** `audit` of a host. */
export const hostAuditSchema = z
  .strictObject({
    retentionDays: wholeNumber(1, 3653)
      .default(365)
      .describe(
        "Days for which the gateway's database keeps records that were shipped. Destinations have a retention of their own.",
      ),
    arguments: z
      .enum(argumentLevels)
      .default("none")
      .describe(
        "What a record says of a call's arguments: `none` nothing, `digest` their SHA-256, `full` also the arguments " +
          "themselves, redacted. A server or a tool may say otherwise; the closest holds.",
      ),
    redact: redact
      .default([])
      .describe("JSONPaths of what is replaced in the arguments before they are recorded, on all servers."),
    lowCalls: z
      .enum(["before-answer", "before-call"])
      .default("before-answer")
      .describe(
        "When the record of a call of a `low` tool is durable: before it is answered, or before it is made. Those of " +
          "`medium` and `high` tools always are before the call is made.",
      ),
  })
  .default({ retentionDays: 365, arguments: "none", redact: [], lowCalls: "before-answer" })
  .describe("What the audit log keeps, and when it has it.");

export type HostAudit = z.infer<typeof hostAuditSchema>;
