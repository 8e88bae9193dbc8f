import { z } from "zod";
import { fargateMemoryMb, isFargateSize } from "./fargate-size.ts";
import { imageInEcr, retentionDays } from "./platform-settings.ts";

/** `permit-mcp-gateway:service`: how one host runs. */
export function serviceSettingsSchema(production: boolean) {
  return z
    .strictObject({
      hostedZone: z.hostname().optional().describe("Route 53 zone of the host's name. Default: the platform's."),
      certificateArn: z.string().startsWith("arn:").optional().describe("A certificate for the name that is there."),
      alarmEmails: z.array(z.email()).default([]).describe("Who is told; default: whom the platform tells."),
      cpu: z
        .literal([256, 512, 1024, 2048, 4096, 8192, 16384])
        .default(1024)
        .describe("CPU units of a task: 1024 is a core."),
      memoryMb: z.int().default(2048).describe("Memory of a task, which Fargate has in steps for each `cpu`."),
      minTasks: z
        .int()
        .min(1)
        .max(1000)
        .default(production ? 2 : 1),
      maxTasks: z
        .int()
        .min(1)
        .max(1000)
        .default(production ? 10 : 2),
      requestsPerTaskPerMinute: z.int().min(1).default(3000).describe("More, and tasks are added."),
      upstreamPorts: z
        .array(z.int().min(1).max(65_535))
        .min(1)
        .default([443])
        .describe("Ports that tasks may connect to."),
      image: imageInEcr.optional().describe("The gateway's image. Default: the platform's."),
      pdpImage: z
        .string()
        .min(1)
        .default("permitio/pdp-v2:latest")
        .describe("Permit's decision point. A tag is resolved to its digest at every `up`."),
      externalDatabase: z
        .strictObject({ cidrs: z.array(z.cidrv4()).min(1), port: z.int().min(1).max(65_535).default(5432) })
        .optional()
        .describe("Where the PostgreSQL of `databaseUrl` is."),
      logRetentionDays: retentionDays.default(production ? 365 : 30),
      audit: z
        .strictObject({
          retentionDays: retentionDays.default(production ? 400 : 30).describe("Days in CloudWatch, to search in."),
          archiveDays: z
            .int()
            .min(1)
            .max(36_500)
            .default(production ? 2557 : 1)
            .describe("Days that S3 keeps it locked."),
          archiveLock: z
            .enum(["governance", "compliance"])
            .default("governance")
            .describe("With `compliance` nobody, the account's owner included, can delete it or shorten the time."),
        })
        .prefault({}),
      alarms: z
        .strictObject({
          denialsPer5Minutes: z.int().min(1).default(100),
          auditLagSeconds: z.int().min(1).default(120),
          serverErrorsPer5Minutes: z.int().min(1).default(10),
        })
        .prefault({}),
    })
    .refine(({ cpu, memoryMb }) => isFargateSize(cpu, memoryMb), {
      path: ["memoryMb"],
      error: ({ input }) => {
        const { cpu } = input as { cpu: number };
        return `is not a size that Fargate has for ${cpu} CPU units: ${fargateMemoryMb(cpu)}`;
      },
    })
    .refine(({ minTasks, maxTasks }) => minTasks <= maxTasks, { path: ["maxTasks"], error: "is less than minTasks" });
}

export type ServiceSettings = z.infer<ReturnType<typeof serviceSettingsSchema>>;
