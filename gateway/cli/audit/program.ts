import type { Program } from "@permit-mcp-gateway/policies/cli/run-program";
import { exportLog } from "./export.ts";
import { key } from "./key.ts";
import { query } from "./query.ts";
import { report } from "./report.ts";
import { verify } from "./verify.ts";

/** The commands, in the order in which the help lists them. */
export const auditProgram: Program = { start: "npm run audit --", commands: [verify, key, query, exportLog, report] };
