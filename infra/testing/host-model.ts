import type { GrantModel, HostModel, TrustLevel } from "@permit-mcp-gateway/policies";
import { plainGrant, plainHost, plainServer } from "@permit-mcp-gateway/policies/testing";

export { plainServer as serverModel } from "@permit-mcp-gateway/policies/testing";

export const issuesServer = plainServer("issues", { list_issues: "low", create_issue: "medium", delete_issue: "high" });
export const notesServer = plainServer("notes", { read_note: "low", write_note: "medium" });

/** `grants("issues", { "lead@example.com": "high" })` */
export function grants(server: string, ceilings: Readonly<Record<string, TrustLevel>>): GrantModel[] {
  return Object.entries(ceilings).map(([human, ceiling]) => plainGrant(human, server, ceiling));
}

/** A host of two servers, three humans and an admin; `changes` replace parts of it. */
export function hostModel(changes: Partial<HostModel> = {}): HostModel {
  return plainHost(
    {
      humans: ["contractor@example.com", "developer@example.com", "lead@example.com"],
      servers: [issuesServer, notesServer],
      grants: [
        ...grants("issues", {
          "contractor@example.com": "low",
          "developer@example.com": "medium",
          "lead@example.com": "high",
        }),
        ...grants("notes", { "lead@example.com": "high" }),
      ],
    },
    changes,
  );
}
