import { fromJsonSchema, type McpServer } from "@modelcontextprotocol/server";

/** Keywords of JSON Schema 2020-12 that a careless intermediary would drop. */
const contact = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: {
    address: {
      $anchor: "addressDef",
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: {
    name: { type: "string" },
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" },
    email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, in an object that nobody awaits
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};

/** An argument that clients mirror in the header `Mcp-Param-Region` (MCP 2026-07-28, custom headers from tool parameters). */
const mirrored = {
  type: "object",
  properties: { region: { type: "string", "x-mcp-header": "Region" } },
  required: ["region"],
};

/** Tools whose schema is the point. */
export function registerJsonSchemaTools(server: McpServer): void {
  const { registerTool } = server;
  const register: typeof registerTool = registerTool.bind(server);
  register(
    "json_schema_2020_12_tool",
    { description: "Takes what JSON Schema 2020-12 can say.", inputSchema: fromJsonSchema(contact) },
    () => ({ content: [{ type: "text", text: "The arguments are valid." }] }),
  );
  register(
    "test_mirrored_argument",
    {
      description: "Takes an argument that a header mirrors.",
      inputSchema: fromJsonSchema<{ region: string }>(mirrored),
    },
    ({ region }) => ({ content: [{ type: "text", text: `region ${region}` }] }),
  );
}
