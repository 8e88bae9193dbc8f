import { trustLevels } from "@permit-mcp-gateway/policies";

/** Trust levels from low to high, and after them whatever else there is. */
export function inOrder(names: readonly string[]): string[] {
  const others = names.filter((name) => !trustLevels.some((level) => level === name));
  return [...trustLevels.filter((level) => names.includes(level)), ...others.toSorted()];
}
