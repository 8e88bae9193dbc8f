import { argumentAudit } from "../call-audit.ts";
import type { HostModel, ServerModel, ToolModel } from "../model.ts";
import { type ArgumentLevel, argumentLevels } from "../schema/audit.ts";
import type { ToolChange, ToolTerms } from "./host-diff.ts";

function termsOf(tool: ToolModel | undefined): ToolTerms | null {
  if (tool === undefined) return null;
  return {
    trust: tool.trust,
    enabled: tool.enabled,
    approval: tool.approval.map(({ scope }) => scope),
    timeoutSeconds: tool.timeoutSeconds ?? null,
    rateLimit: tool.rateLimit ?? null,
    audit: { arguments: tool.audit.arguments ?? null, redact: tool.audit.redact.toSorted() },
  };
}

/** Whether more calls are let through than before. */
export function isLooserLimit(before: ToolTerms["rateLimit"], after: ToolTerms["rateLimit"]): boolean {
  if (before === null || after === null) return before !== null;
  return after.max > before.max || after.windowSeconds < before.windowSeconds;
}

/** True when nothing differs but how long a call may take, which nobody gains or loses access by. */
export function isTimeoutOnly({ before, after, definition }: ToolChange): boolean {
  if (before === null || after === null || definition !== null) return false;
  return JSON.stringify({ ...before, timeoutSeconds: null }) === JSON.stringify({ ...after, timeoutSeconds: null });
}

const rankOf = (level: ArgumentLevel) => argumentLevels.indexOf(level);

/** Whether the tool itself says that less is recorded. What its server or host says is a change of their settings. */
export function isRecordedLess({ before, after, recorded }: ToolChange): boolean {
  if (before === null || after === null || before.audit.arguments === after.audit.arguments) return false;
  return recorded.after !== null && recorded.before !== null && rankOf(recorded.after) < rankOf(recorded.before);
}

/** Whether the tool itself says that records show what they did not: arguments, or parts that were redacted. */
export function showsMore({ before, after, recorded }: ToolChange): boolean {
  if (before === null || after === null) return false;
  if (before.audit.redact.some((path) => !after.audit.redact.includes(path))) return true;
  const differs = before.audit.arguments !== after.audit.arguments;
  return differs && recorded.after === "full" && recorded.before !== "full";
}

/** A server, where the policy has it, and its host. */
interface Hosted {
  readonly host: HostModel;
  readonly server: ServerModel | undefined;
}

function recordedOf({ host, server }: Hosted, tool: ToolModel | undefined): ArgumentLevel | null {
  return tool === undefined ? null : argumentAudit(host.audit, server?.audit, tool.audit).arguments;
}

/** The tools of a server that are new, gone or different, also by what the server says of them. */
export function toolChanges(key: string, base: Hosted, head: Hosted): readonly ToolChange[] {
  const toolsOf = (server: ServerModel | undefined) => new Map(server?.tools.map((tool) => [tool.name, tool]));
  const [was, is] = [toolsOf(base.server), toolsOf(head.server)];
  return [...new Set([...was.keys(), ...is.keys()])].toSorted().flatMap((name) => {
    const tools = [was.get(name), is.get(name)] as const;
    const [before, after] = [termsOf(tools[0]), termsOf(tools[1])];
    const defined = { before: tools[0]?.definition ?? null, after: tools[1]?.definition ?? null };
    const definition = defined.before?.digest === defined.after?.digest ? null : defined;
    if (definition === null && JSON.stringify(before) === JSON.stringify(after)) return [];
    const recorded = { before: recordedOf(base, tools[0]), after: recordedOf(head, tools[1]) };
    return [{ server: key, tool: name, before, after, definition, recorded }];
  });
}
