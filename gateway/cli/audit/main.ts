/** `npm run audit -- <command>`: what can be done with the audit log of a host, from the database or from where it was shipped. */
import { runProgram } from "@permit-mcp-gateway/policies/cli/run-program";
import { terminal } from "@permit-mcp-gateway/policies/cli/terminal";
import { auditProgram } from "./program.ts";

process.exitCode = await runProgram(process.argv.slice(2), terminal(process), auditProgram);
