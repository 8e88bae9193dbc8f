import type { ArgumentLevel, CallAudit } from "./schema/audit.ts";

/** What is recorded of the arguments of a tool's calls, by all places that say something of it. */
export interface ArgumentAudit {
  readonly arguments: ArgumentLevel;
  /** JSONPaths for `redactArguments`. */
  readonly redact: readonly string[];
}

/** Of `arguments` the closest holds, the lists of `redact` add up. Undefined: the place says nothing. */
export function argumentAudit(
  host: ArgumentAudit,
  server: CallAudit | undefined,
  tool: CallAudit | undefined,
): ArgumentAudit {
  const paths = [host, server, tool].flatMap((place) => place?.redact ?? []);
  return { arguments: tool?.arguments ?? server?.arguments ?? host.arguments, redact: [...new Set(paths)] };
}

/** A place that says nothing of the audit of its calls. */
export const silentAudit: CallAudit = { redact: [] };
