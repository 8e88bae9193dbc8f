/** When a call waits for a human, as the files of hosts and servers say it. */
import { z } from "zod";
import { trust, wholeNumber } from "./fields.ts";

const from = trust
  .optional()
  .describe("Calls of tools of this trust and above wait for an approval. Left out: none does because of this rule.");

/** The part `approval` of a server's file. */
export const serverApprovalSchema = z.strictObject({
  from: trust.describe("Calls of the server's tools of this trust and above wait for an approval; `low` means all."),
});

/** The part `approval` of `host.yaml`. */
export const hostApprovalSchema = z.strictObject({
  from,
  timeoutSeconds: wholeNumber(30, 3600)
    .default(300)
    .describe("How long a call waits, in seconds; after that it is rejected, never approved."),
  selfApproval: z.boolean().default(false).describe("`true` to let approvers approve calls of their own agents."),
  bypass: z
    .array(
      z
        .strictObject({
          client: z.string().min(1).max(2048).describe("Client id of the agent, for most the URL of its metadata."),
          human: z.string().optional().describe("E-mail address of the human. Left out: the client of every human."),
        })
        .describe("An agent whose calls never wait."),
    )
    .default([])
    .describe("Agents whose calls never wait, whatever the other rules say."),
  notify: z
    .strictObject({
      email: z
        .array(z.string().describe("An e-mail address."))
        .default([])
        .describe("E-mail addresses that are told of a waiting call."),
      slackWebhook: z
        .strictObject({ secret: z.string().min(1).max(512).describe("Name of the secret that holds the URL.") })
        .optional()
        .describe("Slack webhook that is told of a waiting call, without its arguments."),
    })
    .default({ email: [] })
    .describe("Who is told of a waiting call, beside the approvers who have the console open."),
});
