/** The format of `host.yaml`. */
import { z } from "zod";
import { hostApprovalSchema } from "./approval.ts";
import { hostAuditSchema } from "./audit.ts";
import { clientsSchema, defaultClients } from "./clients.ts";
import { hostOrRange, line, permitKeyField, rate, wholeNumber } from "./fields.ts";
import { signInSchema } from "./sign-in.ts";

const members = (who: string) =>
  z.array(z.string().describe(`E-mail address of ${who}, or the name of a group in \`grants.yaml\`.`));

const ofAddress = (max: number, windowSeconds: number, what: string) =>
  rate("How many requests of one address are answered in the window.").default({ max, windowSeconds }).describe(what);

const rateLimitsSchema = z.strictObject({
  signIn: ofAddress(100, 300, "Attempts to sign in."),
  signUp: ofAddress(100, 600, "Attempts to make an account."),
  clientRegistration: ofAddress(100, 60, "Registrations of OAuth clients."),
  mcp: ofAddress(1000, 60, "POST requests to the MCP endpoint."),
  writes: ofAddress(1200, 60, "Requests other than GET and HEAD."),
  all: ofAddress(2000, 60, "All requests."),
  agent: rate("How many calls of one agent are taken in the window.")
    .optional()
    .describe("Tool calls of one agent, that is one client of one human, on all servers together. Left out: no limit."),
});

/** The limits that hold when a host says nothing. */
export const defaultRateLimits = rateLimitsSchema.parse({});

/** `host.yaml` */
export const hostFileSchema = z
  .strictObject({
    name: line(60).describe("Name of the host as people see it on the sign-in and consent pages."),
    permit: z
      .strictObject({
        project: permitKeyField.describe("Key of the Permit project that the host's environment is in."),
        environment: permitKeyField.describe(
          "Key of the Permit environment that is this host. One host, one environment; the pairing never changes.",
        ),
      })
      .describe("Where the host is in Permit."),
    signIn: signInSchema
      .default({ password: { enabled: true } })
      .describe("How humans sign in. At least one method must be on; SAML and OpenID Connect are not on together."),
    admins: members("an admin").describe(
      "The humans who administer the host, as addresses or groups. Being an admin grants no server.",
    ),
    approvers: members("an approver")
      .default([])
      .describe("The humans who may approve calls that wait, as addresses or groups."),
    auditors: members("an auditor")
      .default([])
      .describe("The humans who may read the whole audit log, as addresses or groups."),
    approval: hostApprovalSchema
      .default({ timeoutSeconds: 300, selfApproval: false, bypass: [], notify: { email: [] } })
      .describe("Which calls wait for a human. Rules of host, server and tool add up; none takes another away."),
    listTools: z
      .enum(["effective", "all"])
      .default("effective")
      .describe(
        "What `tools/list` shows an agent: `effective` the tools that it may call, `all` every tool of the policy. " +
          "A server may say otherwise.",
      ),
    clients: clientsSchema.default(defaultClients).describe("Which OAuth clients, MCP clients that is, may connect."),
    dynamicServers: z
      .strictObject({
        enabled: z.boolean().default(false).describe("`true` to let humans connect servers that no file names."),
        maxPerHuman: wholeNumber(1, 100).default(10).describe("How many of them one human may have at a time."),
        privateHosts: z
          .array(hostOrRange.describe("A host name, an address, or a range of addresses."))
          .default([])
          .describe(
            "Host names, and address ranges such as `10.20.0.0/16`, at which such a server may be though they are not " +
              "on the public Internet; named ones over http too. All others must be https at public addresses.",
          ),
      })
      .default({ enabled: false, maxPerHuman: 10, privateHosts: [] })
      .describe(
        "Servers that a human enters by URL, for themselves only. `grants.yaml` says who may, as `dynamic_mcp`.",
      ),
    sessions: z
      .strictObject({
        idleDays: wholeNumber(1, 30).default(30).describe("Days without a call after which a consent ends."),
        absoluteDays: wholeNumber(1, 90).default(90).describe("Days after which every consent ends."),
      })
      .default({ idleDays: 30, absoluteDays: 90 })
      .describe("How long a consent lives. A server or a grant may say less, never more."),
    rateLimits: rateLimitsSchema
      .default(defaultRateLimits)
      .describe("How many requests one address may make, and how many calls one agent."),
    audit: hostAuditSchema,
  })
  .describe("The host: its name, its place in Permit, how humans sign in, who administers it.");

export type HostFile = z.infer<typeof hostFileSchema>;
