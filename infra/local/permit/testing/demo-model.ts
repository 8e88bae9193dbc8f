import type { HostModel, TrustLevel } from "@permit-mcp-gateway/policies";
import { plainGrant, plainHost, plainServer } from "@permit-mcp-gateway/policies/testing";

/** One tool per trust level of server `linear`: what a level allows can be read off directly. */
export const toolOfLevel: Readonly<Record<TrustLevel, string>> = {
  low: "list_issues",
  medium: "create_issue",
  high: "delete_issue",
};

/** A host with one server and the given ceilings (e-mail -> level). */
export function demoModel(ceilings: Readonly<Record<string, TrustLevel>>): HostModel {
  const tools = { list_issues: "low", create_issue: "medium", delete_issue: "high" } as const;
  return plainHost({
    humans: Object.keys(ceilings),
    servers: [
      plainServer("linear", tools, {
        name: "Linear",
        description: "Issues",
        url: "http://127.0.0.1:9/mcp",
      }),
    ],
    grants: Object.entries(ceilings).map(([human, ceiling]) => plainGrant(human, "linear", ceiling)),
  });
}
