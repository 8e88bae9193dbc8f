import { styleText } from "node:util";
import type { ToolDrift } from "../../src/lock-diff.ts";
import type { LockableTools } from "../../src/lock-tools.ts";
import type { ServerFile } from "../../src/schema/server-file.ts";
import { definitionLines, shortened } from "../definition-lines.ts";

const marks = { new: "+", gone: "-", changed: "~" } as const;
const colors = { new: "green", gone: "red", changed: "yellow" } as const;

function said(drift: ToolDrift, tools: ServerFile["tools"]): string {
  const decided = Object.hasOwn(tools, drift.name) ? tools[drift.name] : undefined;
  const policy = decided === undefined ? "the policy has no such tool" : `the policy says ${decided.trust}`;
  const proposed = drift.proposal && `${drift.proposal.trust} (${drift.proposal.reason})`;
  switch (drift.kind) {
    case "new":
      return `new, proposed ${proposed}, ${policy}`;
    case "gone":
      return `the server has it no more; ${policy}`;
    case "changed":
      return proposed === undefined ? "changed" : `changed, now proposed ${proposed}, ${policy}`;
  }
}

/** Lines that say how tools differ from their lock; text of the server in them is made visible. */
export function driftLines(
  drifts: readonly ToolDrift[],
  tools: ServerFile["tools"],
  withColors: boolean,
): readonly string[] {
  return drifts.flatMap((drift) => {
    const head = `${marks[drift.kind]} ${shortened(drift.name, 128)}: ${said(drift, tools)}`;
    const line = withColors ? styleText(colors[drift.kind], head, { validateStream: false }) : head;
    return [line, ...definitionLines(drift.changes, withColors).map((text) => `    ${text}`)].map(
      (text) => `  ${text}`,
    );
  });
}

/** Lines that say which tools of a server are left out, and why. */
export function leftOutLines(leftOut: LockableTools["leftOut"]): readonly string[] {
  if (leftOut.length === 0) return [];
  const lines = leftOut
    .slice(0, 50)
    .map(({ name, reason }) => `    ${shortened(JSON.stringify(name), 160)}: ${shortened(reason, 300)}`);
  const more = leftOut.length > 50 ? [`    ... (${leftOut.length - 50} more)`] : [];
  return ["  Left out, and so refused:", ...lines, ...more];
}
