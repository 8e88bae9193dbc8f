import { type ArgumentAudit, argumentsDigest, redactArguments } from "@permit-mcp-gateway/policies";
import type { RecordedArguments } from "../deps/audit-records.ts";

/** Larger arguments are recorded by their digest alone: redacting them would hold up the calls of others. */
const shownBytesMax = 64 * 1024;

/** What the policy lets a record say of a call's arguments; undefined: nothing. */
export function recordedArguments(
  args: unknown,
  { arguments: level, redact }: ArgumentAudit,
): RecordedArguments | undefined {
  if (level === "none") return undefined;
  const value = args === undefined ? {} : args;
  const digest = argumentsDigest(value);
  if (level === "digest" || Buffer.byteLength(JSON.stringify(value)) > shownBytesMax) return { digest };
  try {
    return { digest, shown: redactArguments(value, redact) };
  } catch {
    // What can't be redacted is not shown.
    return { digest };
  }
}
