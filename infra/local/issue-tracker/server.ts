import { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { IssueStore } from "./store.ts";

/** Called with the name of a tool each time it runs. */
export type CallListener = (tool: string) => void;

const project = z.string().regex(/^[A-Z][A-Z0-9]*$/, "a project key such as DEMO");
const id = z.string().describe("Issue id, for example DEMO-1");

const asResult = (value: unknown) => ({ content: [{ type: "text" as const, text: JSON.stringify(value) }] });
const missing = (issueId: string) => ({
  isError: true,
  content: [{ type: "text" as const, text: `There is no issue ${issueId}. List the issues to see their ids.` }],
});

/** A small issue tracker as an MCP server: tools of all three trust levels over one store. */
export function createIssueTracker(store: IssueStore, onCall: CallListener): McpServer {
  const server = new McpServer({ name: "issue-tracker", title: "Issue tracker", version: "0.1.0" });

  server.registerTool(
    "list_issues",
    {
      description: "List issues, of one project or of all",
      inputSchema: z.object({ project: project.optional() }),
      annotations: { readOnlyHint: true },
    },
    async (input) => {
      onCall("list_issues");
      return asResult(store.list(input.project));
    },
  );
  server.registerTool(
    "get_issue",
    { description: "Read one issue", inputSchema: z.object({ id }), annotations: { readOnlyHint: true } },
    async (input) => {
      onCall("get_issue");
      const issue = store.get(input.id);
      return issue === undefined ? missing(input.id) : asResult(issue);
    },
  );
  server.registerTool(
    "create_issue",
    {
      description: "Create an issue",
      inputSchema: z.object({ project, title: z.string().min(1), body: z.string().default("") }),
    },
    async (input) => {
      onCall("create_issue");
      return asResult(store.create(input.project, input.title, input.body));
    },
  );
  server.registerTool(
    "update_issue",
    {
      description: "Change the title, text or status of an issue",
      inputSchema: z.object({
        id,
        title: z.string().min(1).optional(),
        body: z.string().optional(),
        status: z.enum(["open", "closed"]).optional(),
      }),
    },
    async ({ id: issueId, ...change }) => {
      onCall("update_issue");
      const issue = store.update(issueId, change);
      return issue === undefined ? missing(issueId) : asResult(issue);
    },
  );
  server.registerTool(
    "delete_issue",
    { description: "Delete an issue", inputSchema: z.object({ id }), annotations: { destructiveHint: true } },
    async (input) => {
      onCall("delete_issue");
      return store.remove((issue) => issue.id === input.id) === 0 ? missing(input.id) : asResult({ deleted: input.id });
    },
  );
  server.registerTool(
    "delete_project",
    {
      description: "Delete a project with all its issues",
      inputSchema: z.object({ project }),
      annotations: { destructiveHint: true },
    },
    async (input) => {
      onCall("delete_project");
      return asResult({ deletedIssues: store.remove((issue) => issue.project === input.project) });
    },
  );
  return server;
}
