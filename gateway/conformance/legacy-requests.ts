/** Tools that ask the client in the middle of a call, as the revisions up to 2025-11-25 do it: by requests to it. */
import type { ElicitRequestFormParams, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

type FormSchema = ElicitRequestFormParams["requestedSchema"];

const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] });

/** A default of every primitive type. */
const defaults: FormSchema = {
  type: "object",
  properties: {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  },
};

const choices = [
  { const: "value1", title: "First" },
  { const: "value2", title: "Second" },
  { const: "value3", title: "Third" },
];
const options = ["option1", "option2", "option3"];

/** Every way to ask for a choice. */
const enums: FormSchema = {
  type: "object",
  properties: {
    untitledSingle: { type: "string", enum: options },
    titledSingle: { type: "string", oneOf: choices },
    legacyEnum: { type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["One", "Two", "Three"] },
    untitledMulti: { type: "array", items: { type: "string", enum: options } },
    titledMulti: { type: "array", items: { anyOf: choices } },
  },
};

/** Registers them. */
export function registerLegacyRequests(server: McpServer): void {
  server.registerTool(
    "test_sampling",
    { description: "Asks the client's model.", inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const answer = await mcpReq.requestSampling({
        messages: [{ role: "user", content: { type: "text", text: prompt } }],
        maxTokens: 100,
      });
      return text(JSON.stringify(answer.content));
    },
  );
  server.registerTool(
    "test_elicitation",
    { description: "Asks the human.", inputSchema: z.object({ message: z.string() }) },
    async ({ message }, { mcpReq }) => {
      const requestedSchema: FormSchema = {
        type: "object",
        properties: { username: { type: "string" }, email: { type: "string" } },
        required: ["username", "email"],
      };
      return text(JSON.stringify(await mcpReq.elicitInput({ mode: "form", message, requestedSchema })));
    },
  );
  const asking = { test_elicitation_sep1034_defaults: defaults, test_elicitation_sep1330_enums: enums };
  for (const [name, requestedSchema] of Object.entries(asking)) {
    server.registerTool(name, { description: "Asks the human by a form." }, async ({ mcpReq }) =>
      text(JSON.stringify(await mcpReq.elicitInput({ mode: "form", message: "Please fill in.", requestedSchema }))),
    );
  }
}
