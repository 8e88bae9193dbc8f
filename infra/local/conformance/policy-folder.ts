import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** Who uses the server in the run. */
export const human = "developer@example.com";

/**
 * Writes the policy of a host with one server, every tool of it `high`, resources and prompts too: a call that passes has passed every check.
 * Returns the folder.
 */
export function writePolicyFolder(parent: string, server: string, url: string, tools: readonly string[]): string {
  const folder = join(parent, "conformance");
  mkdirSync(join(folder, "servers"), { recursive: true });
  const files = {
    "host.yaml": {
      name: "Conformance",
      permit: { project: "default", environment: "conformance" },
      signIn: { password: { enabled: true } },
      admins: ["admin@example.com"],
    },
    "grants.yaml": { grants: [{ server, human, ceiling: "high" }] },
    [`servers/${server}.yaml`]: {
      name: "Conformance fixture",
      description: "Has what the scenarios of the MCP conformance suite call.",
      url,
      resources: "high",
      prompts: "high",
      tools: Object.fromEntries(tools.map((tool) => [tool, { trust: "high" }])),
    },
  };
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), stringify(content));
  return folder;
}
