/**
 * The lock file of a server, `servers/<server>.lock.json`: what its tools said of themselves when they were reviewed.
 * `npm run policy -- import` writes it; nobody edits it by hand.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "./canonical-json.ts";

const jsonObject = z.record(z.string(), z.unknown());

/** A tool as the server defines it (MCP specification, Tools): what a model reads and what decides its risk. */
export const toolDefinitionSchema = z.strictObject({
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: jsonObject,
  outputSchema: jsonObject.optional(),
  annotations: jsonObject.optional(),
});

export type ToolDefinition = z.infer<typeof toolDefinitionSchema> & {
  /** `toolDigest` of the name and all the rest. */
  readonly digest: string;
};

const digestForm = /^sha256:[0-9a-f]{64}$/;

/** The whole file: tools by exact name. */
export const lockFileSchema = z.strictObject({
  version: z.literal(1),
  tools: z.record(z.string(), toolDefinitionSchema.extend({ digest: z.string().regex(digestForm) })),
});

export type LockFile = z.infer<typeof lockFileSchema>;

/**
 * `sha256:` and the hexadecimal SHA-256 of the canonical JSON (RFC 8785) of the tool's name and definition. A digest
 * that is in the definition already does not count.
 */
export function toolDigest(name: string, definition: z.infer<typeof toolDefinitionSchema>): string {
  const { title, description, inputSchema, outputSchema, annotations } = definition;
  const text = canonicalJson({ name, title, description, inputSchema, outputSchema, annotations });
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/**
 * The text of a lock file: the only one that a lock with these tools can have. Names are sorted, and characters that
 * can't be seen or that change the direction of text are written as `\uXXXX`: a reviewer sees what a model would read.
 */
export function lockText(lock: LockFile): string {
  // Parsed again from canonical text, so that names come in their order.
  const text = JSON.stringify(JSON.parse(canonicalJson(lock)), null, 2);
  return `${text.replaceAll(/\p{DI}|\p{Cf}|\p{Co}|\p{Zl}|\p{Zp}|[\u007f-\u00a0]/gu, escaped)}\n`;
}

function escaped(char: string): string {
  return Array.from({ length: char.length }, (_, index) => {
    return `\\u${char.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}
