import { z } from "zod";
import type { Registration } from "../../testing/mocks.ts";

/** A stack as it would be made. */
export interface Stack {
  readonly production: boolean;
  /** Key of the host, or `shared`. */
  readonly host: string;
  readonly stack: string;
  /** Everything, of Permit too. */
  readonly all: readonly Registration[];
}

/** What must hold of every stack, whatever is in it: gives a line for each resource of which it doesn't. */
export type Law = (stack: Stack) => string[];

const secretMark = "4dabf18193072939515e22adb298388d";

/** Whether a value is marked as a secret on its way to the engine. */
export const isSecret = (value: unknown) => typeof value === "object" && value !== null && secretMark in value;

/** A value without those marks. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (secretMark in value) return plain((value as { value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

/** The resources of one type, with what a law looks at of their inputs. Throws for one that is not of this shape. */
export function ofType<Shape extends z.ZodRawShape>({ all }: Stack, type: string, shape: Shape) {
  return all
    .filter((each) => each.type === type)
    .map(({ name, protect, inputs }) => ({ name, protect, ...z.object(shape).parse(plain(inputs)) }));
}

const pair = z.object({ name: z.string() });
const containerSchema = z.object({
  name: z.string(),
  image: z.string(),
  user: z.string(),
  privileged: z.boolean().optional(),
  essential: z.boolean(),
  command: z.array(z.string()).optional(),
  readonlyRootFilesystem: z.boolean().optional(),
  linuxParameters: z.object({ capabilities: z.object({ drop: z.array(z.string()) }) }),
  portMappings: z.array(z.object({ containerPort: z.number() })).default([]),
  environment: z.array(pair.extend({ value: z.string() })),
  secrets: z.array(pair.extend({ valueFrom: z.string() })),
  dependsOn: z.array(z.object({ containerName: z.string(), condition: z.string() })).default([]),
  healthCheck: z.object({ command: z.array(z.string()) }).optional(),
  stopTimeout: z.number().optional(),
  logConfiguration: z.object({ logDriver: z.string(), options: z.record(z.string(), z.string()) }),
});

/** The containers of all tasks of a stack. */
export function containersOf(stack: Stack) {
  return ofType(stack, "aws:ecs/taskDefinition:TaskDefinition", { containerDefinitions: z.string() }).flatMap(
    ({ containerDefinitions }) => z.array(containerSchema).parse(JSON.parse(containerDefinitions)),
  );
}
