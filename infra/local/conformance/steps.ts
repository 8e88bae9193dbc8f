/** What clients do at each server, and what came back. */
import type { OpenClient } from "./open-client.ts";

/** Step -> what came back, as JSON. */
export type Steps = Readonly<Record<string, string>>;

type Asked = Readonly<Record<string, () => Promise<object>>>;

/** Does one after the other. What fails is told by its error. */
export async function seenOf(asked: Asked): Promise<Steps> {
  const seen: Record<string, string> = {};
  for (const [step, ask] of Object.entries(asked)) {
    seen[step] = await ask().then(
      (answer) => JSON.stringify(answer),
      (error: unknown) => String(error),
    );
  }
  return seen;
}

/** Every kind of request that revision 2025-11-25 has, and the questions of a server, at `server-everything`. */
export function everythingSteps({ client, call }: OpenClient): Promise<Steps> {
  let progress = 0;
  const onprogress = () => {
    progress += 1;
  };
  const uri = "demo://resource/static/document/features.md";
  const prompt = { ref: { type: "ref/prompt" as const, name: "completable-prompt" } };
  return seenOf({
    ping: () => client.ping(),
    "tools/list": () => client.listTools(),
    "tools/call": () => call("echo", { message: "Grüße, 世界" }, onprogress),
    "structured content": () => call("get-structured-content", { location: "Chicago" }, onprogress),
    image: () => call("get-tiny-image", {}, onprogress),
    "an error of a tool": () => call("get-sum", { a: "x", b: 1 }, onprogress),
    progress: async () => {
      await call("trigger-long-running-operation", { duration: 0.3, steps: 3 }, onprogress);
      // The last may come behind the answer in a client that passes them on, which drops it then.
      return { progressed: progress >= 2 };
    },
    sampling: () => call("trigger-sampling-request", { prompt: "Hello", maxTokens: 10 }, onprogress),
    elicitation: () => call("trigger-elicitation-request", {}, onprogress),
    roots: () => call("get-roots-list", {}, onprogress),
    "resources/list": () => client.listResources(),
    "resources/templates/list": () => client.listResourceTemplates(),
    "resources/read": () => client.readResource({ uri }),
    "resources/subscribe": () => client.subscribeResource({ uri }),
    "resources/unsubscribe": () => client.unsubscribeResource({ uri }),
    "prompts/list": () => client.listPrompts(),
    "prompts/get": () => client.getPrompt({ name: "args-prompt", arguments: { city: "Berlin" } }),
    "completion/complete": () => client.complete({ ...prompt, argument: { name: "department", value: "E" } }),
    "logging/setLevel": () => client.setLoggingLevel("warning"),
  });
}

/** At `server-filesystem`, whose folder is the root that it asks the client for. */
export function filesystemSteps({ client, call }: OpenClient, folder: string): Promise<Steps> {
  const path = `${folder}/notes.txt`;
  return seenOf({
    "tools/list": () => client.listTools(),
    "the client's roots": () => call("list_allowed_directories", {}),
    write: () => call("write_file", { path, content: "Grüße,\n世界\u2028" }),
    read: () => call("read_text_file", { path }),
    edit: () => call("edit_file", { path, edits: [{ oldText: "世界", newText: "World" }] }),
    list: () => call("list_directory", { path: folder }),
    "a file outside": () => call("read_text_file", { path: "/etc/hostname" }),
  });
}

/** At `server-memory`. */
export function memorySteps({ client, call }: OpenClient): Promise<Steps> {
  const entity = (name: string) => ({ name, entityType: "service", observations: [`${name} runs`] });
  return seenOf({
    "tools/list": () => client.listTools(),
    create: () => call("create_entities", { entities: [entity("gateway"), entity("database")] }),
    relate: () => call("create_relations", { relations: [{ from: "gateway", to: "database", relationType: "uses" }] }),
    search: () => call("search_nodes", { query: "gateway" }),
    remove: () => call("delete_entities", { entityNames: ["database"] }),
    "read all": () => call("read_graph", {}),
  });
}
