import { z } from "zod";

const count = (min: number, max: number) => z.int().min(min).max(max);
/** The retention times that CloudWatch Logs has, in days. */
export const retentionDays = z.literal([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);
const ipv4Block = z.cidrv4();
/** An image of a registry in AWS, where tasks may pull from and which is scanned; by digest, because a tag can be moved. */
export const imageInEcr = z
  .string()
  .regex(
    /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$/,
    "must name an image in ECR by its digest: 123456789012.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:...",
  );

/** A VPC that is made. */
export const newNetworkSchema = z.strictObject({
  cidr: ipv4Block.default("10.64.0.0/16").describe("Addresses of the VPC, /16 to /20."),
  zones: count(2, 3).default(2).describe("How many availability zones it is spread over."),
  natGateways: z
    .enum(["per-zone", "single"])
    .describe("One way out for each zone, or one for all. Default: per zone in production, else one."),
  endpoints: z
    .boolean()
    .describe("Reach ECR, CloudWatch Logs and Secrets Manager without the NAT. Default: in production only."),
});

/** A VPC that is there. */
export const existingNetworkSchema = z.strictObject({
  vpcId: z.string().startsWith("vpc-"),
  publicSubnetIds: z.array(z.string().startsWith("subnet-")).min(2),
  privateSubnetIds: z.array(z.string().startsWith("subnet-")).min(2),
  databaseSubnetIds: z.array(z.string().startsWith("subnet-")).min(2).optional(),
});

/** Aurora PostgreSQL Serverless v2. */
export const databaseSchema = z.strictObject({
  minCapacity: z.number().min(0.5).max(256).default(0.5).describe("Aurora capacity units when idle."),
  maxCapacity: z.number().min(1).max(256).default(4).describe("Aurora capacity units at most."),
  instances: count(1, 3).describe("Writer and readers. Default: 2 in production, else 1."),
  backupDays: count(1, 35).describe(
    "Days for which a point in time can be restored. Default: 35 in production, else 7.",
  ),
});

export const loadBalancerSchema = z.strictObject({
  internal: z.boolean().default(false).describe("Reachable from the VPC and networks connected with it only."),
  allowedCidrs: z.array(ipv4Block).min(1).default(["0.0.0.0/0"]).describe("Who may connect to ports 443 and 80."),
  // 4,000 is the most that a load balancer has; 3,600 the longest that a policy lets a call or an approval take.
  idleTimeoutSeconds: count(60, 4000)
    .default(3900)
    .describe("How long a connection without traffic stays: longer than the longest call."),
});

export const firewallSchema = z.strictObject({
  // The product's own limit is 2,000 a minute.
  requestsPer5Minutes: count(100, 2_000_000_000).default(10_000).describe("Of one address; what is above gets 403."),
});

/** The resolved defaults depend on whether mistakes are cheap. */
function withDefaults(production: boolean) {
  const network = newNetworkSchema.extend({
    natGateways: newNetworkSchema.shape.natGateways.default(production ? "per-zone" : "single"),
    endpoints: newNetworkSchema.shape.endpoints.default(production),
  });
  const database = databaseSchema.extend({
    instances: databaseSchema.shape.instances.default(production ? 2 : 1),
    backupDays: databaseSchema.shape.backupDays.default(production ? 35 : 7),
  });
  return { network, database };
}

/** `permit-mcp-gateway:platform`: what several hosts can share. */
export function platformSettingsSchema(production: boolean) {
  const { network, database } = withDefaults(production);
  return z
    .strictObject({
      domain: z.hostname().describe("Name of the load balancer's own certificate."),
      hostedZone: z.hostname().optional().describe("Route 53 zone in which certificates are validated and names made."),
      certificateArn: z.string().startsWith("arn:").optional().describe("A certificate for `domain` that is there."),
      alarmEmails: z.array(z.email()).default([]).describe("Who is told when an alarm goes off."),
      network: network.optional(),
      existingNetwork: existingNetworkSchema.optional(),
      loadBalancer: loadBalancerSchema.prefault({}),
      firewall: firewallSchema.prefault({}),
      database: z
        .union([z.literal(false), database])
        .prefault({})
        .describe("`false`: hosts bring a `databaseUrl`."),
      architecture: z.enum(["arm64", "x86_64"]).default("arm64").describe("Processor of tasks and image."),
      image: imageInEcr.optional().describe("The gateway's image. Default: built from this repository."),
      baseImage: z.string().optional().describe("What the built image stands on. Default: the Dockerfile's."),
      buildImage: z.string().optional().describe("What it is built with. Default: the Dockerfile's."),
      logRetentionDays: retentionDays.default(production ? 365 : 30),
    })
    .refine(({ hostedZone, certificateArn }) => hostedZone !== undefined || certificateArn !== undefined, {
      error: "says neither hostedZone nor certificateArn: one of them is needed for HTTPS",
    })
    .refine(({ alarmEmails }) => !production || alarmEmails.length > 0, {
      path: ["alarmEmails"],
      error: "must name somebody in production: an alarm that nobody gets is none",
    })
    .refine((settings) => settings.network === undefined || settings.existingNetwork === undefined, {
      path: ["network"],
      error: "is to be made, and existingNetwork is there: say one of them",
    })
    .transform(({ existingNetwork, network: made = network.parse({}), ...settings }) => ({
      ...settings,
      network: existingNetwork ?? made,
    }));
}

export type NewNetworkSettings = Required<z.infer<typeof newNetworkSchema>>;
export type ExistingNetworkSettings = z.infer<typeof existingNetworkSchema>;
export type DatabaseSettings = z.infer<typeof databaseSchema>;
export type PlatformSettings = z.infer<ReturnType<typeof platformSettingsSchema>>;
