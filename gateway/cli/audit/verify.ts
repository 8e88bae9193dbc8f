import type { Command } from "@permit-mcp-gateway/policies/cli/command";

export const verify: Command = { name: "verify", summary: "", help: "", run: async () => 0 };
