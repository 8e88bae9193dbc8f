import type { ServerModel, ToolModel } from "../model.ts";
import type { ToolChange, ToolTerms } from "./host-diff.ts";

function termsOf(tool: ToolModel | undefined): ToolTerms | null {
  if (tool === undefined) return null;
  return {
    trust: tool.trust,
    enabled: tool.enabled,
    approval: tool.approval.map(({ scope }) => scope),
    rateLimit: tool.rateLimit ?? null,
  };
}

/** Whether more calls are let through than before. */
export function isLooserLimit(before: ToolTerms["rateLimit"], after: ToolTerms["rateLimit"]): boolean {
  if (before === null || after === null) return before !== null;
  return after.max > before.max || after.windowSeconds < before.windowSeconds;
}

/** The tools of a server that are new, gone or different, also by what the server says of them. */
export function toolChanges(
  key: string,
  base: ServerModel | undefined,
  head: ServerModel | undefined,
): readonly ToolChange[] {
  const toolsOf = (server: ServerModel | undefined) => new Map(server?.tools.map((tool) => [tool.name, tool]));
  const [was, is] = [toolsOf(base), toolsOf(head)];
  return [...new Set([...was.keys(), ...is.keys()])].toSorted().flatMap((name) => {
    const tools = [was.get(name), is.get(name)] as const;
    const [before, after] = [termsOf(tools[0]), termsOf(tools[1])];
    const defined = { before: tools[0]?.definition ?? null, after: tools[1]?.definition ?? null };
    const definition = defined.before?.digest === defined.after?.digest ? null : defined;
    if (definition === null && JSON.stringify(before) === JSON.stringify(after)) return [];
    return [{ server: key, tool: name, before, after, definition }];
  });
}
