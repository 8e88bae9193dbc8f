import { completable, type McpServer, ResourceTemplate } from "@modelcontextprotocol/server";
import { z } from "zod";
import { png } from "./media.ts";

const say = (text: string) => ({ role: "user" as const, content: { type: "text" as const, text } });

/** Resources and prompts of both eras, with completion of a prompt's argument. */
export function registerResourcesAndPrompts(server: McpServer): void {
  server.registerResource(
    "static-text",
    "test://static-text",
    { description: "A text.", mimeType: "text/plain" },
    ({ href }) => ({ contents: [{ uri: href, mimeType: "text/plain", text: "The content of the text resource." }] }),
  );
  server.registerResource(
    "static-binary",
    "test://static-binary",
    { description: "An image.", mimeType: "image/png" },
    ({ href }) => ({ contents: [{ uri: href, mimeType: "image/png", blob: png }] }),
  );
  server.registerResource(
    "watched",
    "test://watched-resource",
    { description: "A text to subscribe to.", mimeType: "text/plain" },
    ({ href }) => ({ contents: [{ uri: href, mimeType: "text/plain", text: "Watched." }] }),
  );
  server.registerResource(
    "template",
    new ResourceTemplate("test://template/{id}/data", { list: undefined }),
    { description: "A resource for each id.", mimeType: "application/json" },
    ({ href }, { id }) => ({ contents: [{ uri: href, mimeType: "application/json", text: JSON.stringify({ id }) }] }),
  );

  server.registerPrompt("test_simple_prompt", { description: "A prompt." }, () => ({ messages: [say("A prompt.")] }));
  server.registerPrompt(
    "test_prompt_with_arguments",
    {
      description: "A prompt with arguments.",
      argsSchema: z.object({
        arg1: completable(z.string(), (value) => ["paris", "park", "party"].filter((each) => each.startsWith(value))),
        arg2: z.string(),
      }),
    },
    ({ arg1, arg2 }) => ({ messages: [say(`arg1 ${arg1}, arg2 ${arg2}`)] }),
  );
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    { description: "A prompt with a resource.", argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [
        {
          role: "user",
          content: { type: "resource", resource: { uri: resourceUri, mimeType: "text/plain", text: "Embedded." } },
        },
        say("Please read the resource."),
      ],
    }),
  );
  server.registerPrompt("test_prompt_with_image", { description: "A prompt with an image." }, () => ({
    messages: [
      { role: "user", content: { type: "image", data: png, mimeType: "image/png" } },
      say("Please look at the image."),
    ],
  }));
}
