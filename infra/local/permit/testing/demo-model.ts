import type { HostModel, TrustLevel } from "@permit-mcp-gateway/policies";

const source = { file: "policies/hosts/demo/servers/linear.yaml", line: 1, column: 1 };

/** One tool per trust level of server `linear`: what a level allows can be read off directly. */
export const toolOfLevel: Readonly<Record<TrustLevel, string>> = {
  low: "list_issues",
  medium: "create_issue",
  high: "delete_issue",
};

/** A host with one server and the given ceilings (e-mail -> level). */
export function demoModel(ceilings: Readonly<Record<string, TrustLevel>>): HostModel {
  return {
    key: "demo",
    name: "Demo",
    permit: { project: "default", environment: "demo" },
    signIn: { password: { enabled: true } },
    admins: ["admin@example.com"],
    servers: [
      {
        key: "linear",
        name: "Linear",
        description: "Issues",
        url: "http://127.0.0.1:9/mcp",
        source,
        tools: Object.entries(toolOfLevel).map(([trust, action]) => ({
          name: action,
          action,
          trust: trust as TrustLevel,
          enabled: true,
          source,
        })),
      },
    ],
    humans: ["admin@example.com", ...Object.keys(ceilings)].map((email) => ({ email, groups: [] })),
    grants: Object.entries(ceilings).map(([human, ceiling]) => ({ human, server: "linear", ceiling, source })),
  };
}
