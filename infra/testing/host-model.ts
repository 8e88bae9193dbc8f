import type { GrantModel, HostModel, ServerModel, TrustLevel } from "@permit-mcp-gateway/policies";
import { toolActionKey } from "@permit-mcp-gateway/policies";

const source = { file: "policies/hosts/demo/host.yaml", line: 1, column: 1 };

/** A server with these tools and their trust. */
export function serverModel(key: string, tools: Readonly<Record<string, TrustLevel>>): ServerModel {
  return {
    key,
    name: key,
    description: `The ${key} server`,
    url: `https://${key}.example.com/mcp`,
    tools: Object.entries(tools).map(([name, trust]) => ({
      name,
      action: toolActionKey(name),
      trust,
      enabled: true,
      source,
    })),
    source,
  };
}

export const issuesServer = serverModel("issues", { list_issues: "low", create_issue: "medium", delete_issue: "high" });
export const notesServer = serverModel("notes", { read_note: "low", write_note: "medium" });

/** `grants("issues", { "lead@example.com": "high" })` */
export function grants(server: string, ceilings: Readonly<Record<string, TrustLevel>>): GrantModel[] {
  return Object.entries(ceilings).map(([human, ceiling]) => ({ human, server, ceiling, source }));
}

/** A host of two servers, three humans and an admin; `changes` replace parts of it. */
export function hostModel(changes: Partial<HostModel> = {}): HostModel {
  const emails = ["admin@example.com", "contractor@example.com", "developer@example.com", "lead@example.com"];
  return {
    key: "demo",
    name: "Demo",
    permit: { project: "default", environment: "demo" },
    signIn: { password: { enabled: true } },
    admins: ["admin@example.com"],
    servers: [issuesServer, notesServer],
    humans: emails.map((email) => ({ email, groups: [] })),
    grants: [
      ...grants("issues", {
        "contractor@example.com": "low",
        "developer@example.com": "medium",
        "lead@example.com": "high",
      }),
      ...grants("notes", { "lead@example.com": "high" }),
    ],
    ...changes,
  };
}
