/** The format of `servers/<server>.yaml`, of a server's own file and of one that builds on a shared file. */
import { z } from "zod";
import { serverApprovalSchema } from "./approval.ts";
import { callAudit } from "./audit.ts";
import {
  furtherMethod,
  line,
  openFrom,
  permitKeyField,
  rate,
  secretName,
  trust,
  webUrl,
  wholeNumber,
} from "./fields.ts";
import { programArgument, programEnvironment, programName } from "./program.ts";

const authType = <T extends string>(type: T, meaning: string) => z.literal(type).describe(meaning);

/** A secret in one of these would change what the request is, or pass for what the gateway says. */
const reservedHeader =
  /^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-.*|expect|accept|accept-encoding|cookie|forwarded|x-forwarded-.*|x-gateway-.*|mcp-.*|last-event-id|user-agent)$/i;

const authMeaning = "How the gateway signs in at the server: `none`, `oauth` or `header`.";
const authSchema = z
  .discriminatedUnion("type", [
    z.strictObject({ type: authType("none", "The server asks for no sign-in.") }),
    z.strictObject({
      type: authType("oauth", "Each human signs in at the server, when they consent."),
      clientId: z
        .string()
        .min(1)
        .max(2048)
        .optional()
        .describe("Client id of the gateway at the server, when it can't register itself."),
      clientSecret: secretName.optional().describe("Its client secret, when it has one."),
      scopes: z.array(z.string().min(1).describe("A scope.")).optional().describe("Scopes to ask for."),
      authorizationServer: webUrl
        .optional()
        .describe("Issuer of the authorization server. Left out: the server's metadata says it (RFC 9728)."),
    }),
    z.strictObject({
      type: authType("header", "All humans share one secret, which is sent in a header."),
      header: z
        .string()
        .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, "Not the name of a header")
        .refine((name) => !reservedHeader.test(name), "A header that HTTP, MCP or the gateway itself sets")
        .describe("Name of the header, such as `Authorization` or `X-Api-Key`."),
      scheme: z
        .string()
        .regex(/^[A-Za-z0-9-]{1,40}$/, "Not an authentication scheme, such as Bearer")
        .optional()
        .describe("Word before the secret, such as `Bearer`. Left out: the secret alone."),
      value: secretName.describe("The secret, by its name in the secret store: `{ secret: <its name> }`."),
    }),
  ])
  .describe(authMeaning);

/** As large as an answer may be where the server's file says nothing, in megabytes of 1,000,000 bytes. */
export const maxAnswerMegabytesDefault = 64;

const callRate = rate("How many calls of one agent are taken in the window.");

const tools = z.record(
  z.string(),
  z
    .strictObject({
      trust: trust.describe("What the tool can do: `low` reads, `medium` writes, `high` destroys."),
      enabled: z.boolean().default(true).describe("`false` to refuse the tool to everybody."),
      approval: z.boolean().default(false).describe("`true` to let every call of the tool wait for an approval."),
      timeoutSeconds: wholeNumber(1, 3600)
        .optional()
        .describe("How long a call of the tool may take, in seconds. Left out: as the server says."),
      rateLimit: callRate.optional().describe("How often one agent may call the tool. Left out: no limit of its own."),
      audit: callAudit("the tool"),
    })
    .describe("The tool `<name>`, exactly as the server's `tools/list` spells it."),
);

const fields = {
  name: line(60).describe("Name of the server as people see it on the consent page."),
  description: line(300).describe("One sentence for the consent page: what an agent can do there."),
  url: webUrl
    .optional()
    .describe(
      "Endpoint of the MCP server: http or https, no credentials, no fragment. A server has this or `command`.",
    ),
  transport: z
    .enum(["http", "sse"])
    .optional()
    .describe(
      "How the server at `url` speaks: `http` for streamable HTTP, `sse` for HTTP+SSE, the transport of protocol 2024-11-05. Left out: `http`.",
    ),
  command: programName
    .optional()
    .describe(
      "Program that speaks MCP over stdio: its absolute path, or its name. Started for each session, without a shell, by a gateway whose own configuration allows exactly this command line.",
    ),
  args: z.array(programArgument).max(64).optional().describe("Arguments of the program, one by one. Left out: none."),
  env: programEnvironment.optional().describe("Variables of the program's environment: name -> text or secret."),
  auth: authSchema,
  timeoutSeconds: wholeNumber(1, 3600)
    .optional()
    .describe("How long a call may take, in seconds. Left out: as the gateway is configured."),
  maxAnswerMegabytes: wholeNumber(1, 1024)
    .optional()
    .describe(
      `Largest message that the server may answer with, in megabytes: one JSON body, or one event of a stream. Left out: ${maxAnswerMegabytesDefault}.`,
    ),
  listTools: z.enum(["effective", "all"]).optional().describe("As in `host.yaml`, for this server."),
  resources: openFrom
    .optional()
    .describe(
      "From which trust on an agent may list, read and subscribe to resources: `low`, `medium`, `high`, or `off`. Left out: `low`.",
    ),
  prompts: openFrom
    .optional()
    .describe("The same for prompts, and for the completion of their arguments. Left out: `low`."),
  methods: z
    .record(furtherMethod, trust.describe("The trust from which on it is passed on."))
    .optional()
    .describe("Further methods of the protocol that are passed on: name -> trust. Left out: none."),
  consentDays: wholeNumber(1, 90)
    .optional()
    .describe("Days after which a consent to this server ends. Left out: as the host says."),
  rateLimit: callRate
    .optional()
    .describe("How often one agent may call tools of this server, all together. Left out: no limit of its own."),
  approval: serverApprovalSchema.optional().describe("Which calls of this server wait for a human."),
  audit: callAudit("all tools of the server"),
  tools: tools.describe(
    "The tools that may be called: name -> what the policy says of it. A tool not listed is refused.",
  ),
};

/** `servers/<server>.yaml` */
export const serverFileSchema = z
  .strictObject({ ...fields, auth: authSchema.default({ type: "none" }).describe(authMeaning) })
  .describe("One MCP server and the trust of its tools.");

const mayBeLeftOut = <T extends z.ZodType>(field: T) => field.optional().describe(field.description ?? "");

/**
 * `servers/<server>.yaml` of a host that builds on a file which several hosts share. What it gives replaces what the
 * shared file says; of `tools` it replaces the entries that it names.
 */
export const sharedServerFileSchema = z
  .strictObject({
    shared: permitKeyField.describe(
      "Name of the file in the folder `servers` beside the hosts' folder, without `.yaml`.",
    ),
    name: mayBeLeftOut(fields.name),
    description: mayBeLeftOut(fields.description),
    url: fields.url,
    transport: fields.transport,
    command: fields.command,
    args: fields.args,
    env: fields.env,
    auth: mayBeLeftOut(fields.auth),
    timeoutSeconds: fields.timeoutSeconds,
    maxAnswerMegabytes: fields.maxAnswerMegabytes,
    listTools: fields.listTools,
    resources: fields.resources,
    prompts: fields.prompts,
    methods: fields.methods,
    consentDays: fields.consentDays,
    rateLimit: fields.rateLimit,
    approval: fields.approval,
    audit: fields.audit,
    tools: tools
      .default({})
      .describe("Tools about which this host says something else than the shared file, and further tools."),
  })
  .describe("An MCP server that several hosts have in common, and what is different here.");

export type ServerFile = z.infer<typeof serverFileSchema>;
export type SharedServerFile = z.infer<typeof sharedServerFileSchema>;
