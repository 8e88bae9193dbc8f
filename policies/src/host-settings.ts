/**
 * What the gateway reads of a host, and where it travels: as attributes of Permit objects. Written by `plan.ts`,
 * parsed by the gateway with these schemas, so that the two can't drift apart. What is as it is by default is left out,
 * so that a change shows as one.
 */
import { z } from "zod";
import { silentAudit } from "./call-audit.ts";
import { hostApprovalSchema } from "./schema/approval.ts";
import { day, openFrom, trust, wholeNumber } from "./schema/fields.ts";
import { hostFileSchema } from "./schema/host-file.ts";
import { transportSchema } from "./schema/program.ts";
import { maxAnswerMegabytesDefault, serverFileSchema } from "./schema/server-file.ts";
import { signInSchema } from "./schema/sign-in.ts";

/** Names of `features.ts`: what the gateway must know, or refuse. */
const requires = z.array(z.string()).default([]);
const host = hostFileSchema.shape;
const server = serverFileSchema.shape;

/** Attributes of an action: one tool. */
export const toolAttributesSchema = z.object({
  tool: z.string().min(1),
  trust,
  /** True when every call waits for an approval. */
  approval: z.boolean().default(false),
  /** `toolDigest` of the definition that was reviewed. */
  digest: z.string().optional(),
  /** How long a call of it may take, in seconds. */
  timeout_seconds: server.timeoutSeconds,
  /** How often one agent may call it. */
  rate_limit: server.rateLimit,
  /** What the tool says of the audit of its calls, beside server and host. */
  audit: server.audit.default(silentAudit),
  requires,
});

/** Attributes of a server's resource instance. */
export const serverAttributesSchema = z.object({
  name: z.string(),
  description: z.string(),
  /** There unless `mcp_server_type` says that humans enter the URLs. `stdio:{key}` of a server that is a program. */
  upstream_url: z.url().optional(),
  mcp_server_type: z.literal("dynamic").optional(),
  transport: transportSchema.default({ type: "http" }),
  auth: server.auth,
  timeout_seconds: server.timeoutSeconds,
  /** Largest JSON body or event that it may answer with, in megabytes of 1,000,000 bytes. */
  max_answer_megabytes: wholeNumber(1, 1024).default(maxAnswerMegabytesDefault),
  list_tools: host.listTools,
  /** The trust from which on an agent may use resources, prompts, and further methods. */
  resources: openFrom.default("low"),
  prompts: openFrom.default("low"),
  methods: z.record(z.string(), trust).default({}),
  /** Longest life of a consent, in days. */
  consent_days: server.consentDays,
  /** How often one agent may call its tools, all together. */
  rate_limit: server.rateLimit,
  /** What the server says of the audit of calls, beside the host. */
  audit: server.audit.default(silentAudit),
  /**
   * Humans whose ceiling ends or whose consents live shorter: profile key -> their grants, the highest ceiling first.
   * The first that has not ended on a day is the ceiling of that day, whatever tuple Permit still has.
   */
  grant_terms: z
    .record(
      z.string(),
      z.array(z.object({ ceiling: trust, until: day.optional(), consent_days: wholeNumber(1, 90).optional() })).min(1),
    )
    .default({}),
  requires,
});

/** Attributes of the `gateway_host` instance. */
export const hostAttributesSchema = z.object({
  name: z.string(),
  servers: z.array(z.string()),
  sign_in: signInSchema,
  approval: hostApprovalSchema.optional(),
  sessions: host.sessions,
  rate_limits: host.rateLimits,
  audit: host.audit,
  dynamic_servers: host.dynamicServers,
  clients: host.clients,
  /** Another one whenever a server's type or instance is another: what a reader of the host has to compare. */
  revision: z.string().optional(),
  requires,
});

/** As the plan writes them. */
export type ToolAttributes = z.input<typeof toolAttributesSchema>;
export type ServerAttributes = z.input<typeof serverAttributesSchema>;
export type HostAttributes = z.input<typeof hostAttributesSchema>;
/** As the gateway reads them, with the defaults filled in. */
export type ToolAttributesRead = z.output<typeof toolAttributesSchema>;
export type ServerAttributesRead = z.output<typeof serverAttributesSchema>;
export type HostAttributesRead = z.output<typeof hostAttributesSchema>;
