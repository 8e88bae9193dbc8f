import type { Program } from "@permit-mcp-gateway/policies/cli/run-program";
import { key } from "./key.ts";
import { verify } from "./verify.ts";

/** The commands, in the order in which the help lists them. */
export const auditProgram: Program = { start: "npm run audit --", commands: [verify, key] };
