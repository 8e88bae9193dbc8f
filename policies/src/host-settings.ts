/**
 * What the gateway reads of a host, and where it travels: as attributes of Permit objects. Written by `plan.ts`,
 * parsed by the gateway with these schemas, so that the two can't drift apart.
 */
import { z } from "zod";
import { trustLevels } from "./trust.ts";

/** Attributes of an action: one tool. */
export const toolAttributesSchema = z.object({ tool: z.string().min(1), trust: z.enum(trustLevels) });
/** Attributes of a server's resource instance. */
export const serverAttributesSchema = z.object({
  name: z.string(),
  description: z.string(),
  upstream_url: z.url(),
});
/** Attributes of the `gateway_host` instance. */
export const hostAttributesSchema = z.object({
  name: z.string(),
  servers: z.array(z.string()),
  sign_in: z.object({ password: z.object({ enabled: z.boolean() }) }),
});

export type ToolAttributes = z.infer<typeof toolAttributesSchema>;
export type ServerAttributes = z.infer<typeof serverAttributesSchema>;
export type HostAttributes = z.infer<typeof hostAttributesSchema>;
