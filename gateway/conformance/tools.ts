/** Tools that both eras have: what they return, report and log. Named and shaped as the suite calls them. */
import { setTimeout as sleep } from "node:timers/promises";
import type { McpServer, ServerNotifier } from "@modelcontextprotocol/server";
import { png, wav } from "./media.ts";

/** Time between two notifications of a call, so that they can't arrive as one. */
const stepMs = 50;

const text = (value: string) => ({ type: "text" as const, text: value });
const image = { type: "image" as const, data: png, mimeType: "image/png" };

/** Registers them; a change of a list is told to `changes`. */
export function registerTools(
  server: McpServer,
  changes: Pick<ServerNotifier, "toolsChanged" | "promptsChanged">,
): void {
  server.registerTool("test_simple_text", { description: "Returns text." }, () => ({
    content: [text("A plain text.")],
  }));
  server.registerTool("test_image_content", { description: "Returns an image." }, () => ({ content: [image] }));
  server.registerTool("test_audio_content", { description: "Returns a sound." }, () => ({
    content: [{ type: "audio", data: wav, mimeType: "audio/wav" }],
  }));
  server.registerTool("test_embedded_resource", { description: "Returns a resource." }, () => ({
    content: [
      { type: "resource", resource: { uri: "test://embedded-resource", mimeType: "text/plain", text: "Embedded." } },
    ],
  }));
  server.registerTool("test_multiple_content_types", { description: "Returns content of several types." }, () => ({
    content: [
      text("Several types of content:"),
      image,
      {
        type: "resource",
        resource: { uri: "test://mixed-content-resource", mimeType: "application/json", text: '{"value":123}' },
      },
    ],
  }));
  server.registerTool("test_error_handling", { description: "Fails." }, () => ({
    isError: true,
    content: [text("This tool always fails.")],
  }));
  server.registerTool("test_tool_with_progress", { description: "Reports its progress." }, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined) {
        await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total: 100 } });
      }
      await sleep(stepMs);
    }
    return { content: [text("Done.")] };
  });
  for (const name of ["test_tool_with_logging", "test_logging_tool"]) {
    server.registerTool(name, { description: "Logs what it does." }, async ({ mcpReq }) => {
      for (const data of ["started", "processing", "completed"]) {
        await mcpReq.log("info", data);
        await sleep(stepMs);
      }
      return { content: [text("Done.")] };
    });
  }
  server.registerTool("test_trigger_tool_change", { description: "Says that the tools have changed." }, () => {
    changes.toolsChanged();
    return { content: [text("Said.")] };
  });
  server.registerTool("test_trigger_prompt_change", { description: "Says that the prompts have changed." }, () => {
    changes.promptsChanged();
    return { content: [text("Said.")] };
  });
  server.registerTool(
    "test_reconnection",
    { description: "Ends its stream before it answers; the client resumes." },
    async ({ http }) => {
      http?.closeSSE?.();
      await sleep(stepMs);
      return { content: [text("Done.")] };
    },
  );
}
