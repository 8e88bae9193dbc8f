/** An MCP server that is a program, as server files and the attributes of Permit objects say it. */
import { z } from "zod";
import { secretName } from "./fields.ts";

/** No path relative to a folder: a program is started in an empty one. */
export const programName = z
  .string()
  .max(1024)
  .regex(/^(?:\/[^\p{Cc}]+|[A-Za-z0-9._+-]+)$/u, "Neither an absolute path nor the name of a program");

export const programArgument = z
  .string()
  .max(4096)
  .regex(/^[^\0]*$/, "Holds a NUL character")
  .describe("One argument, as the program gets it: no shell reads it.");

export const programEnvironment = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, "Not the name of a variable"),
  z
    .union(
      [
        z
          .string()
          .max(4096)
          .regex(/^[^\0]*$/, "Holds a NUL character"),
        secretName,
      ],
      {
        error: "Neither a text nor `{ secret: <its name> }`",
      },
    )
    .describe("Its value, or `{ secret: <its name> }`. The program gets no other variable of the gateway."),
);

/** How a server is reached: at its URL, by streamable HTTP or HTTP+SSE, or as a program over stdio. */
export const transportSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("http") }),
  z.object({ type: z.literal("sse") }),
  z.object({
    type: z.literal("stdio"),
    command: programName,
    args: z.array(programArgument).default([]),
    env: programEnvironment.default({}),
  }),
]);

export type ServerTransport = z.output<typeof transportSchema>;
