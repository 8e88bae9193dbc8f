import { type Document, isAlias, isScalar, type Node, visit } from "yaml";
import type { DiagnosticCode } from "./diagnostic-codes.ts";
import { findInvisible, type TextFinding } from "./text-invisible.ts";

interface PlainFinding extends TextFinding {
  readonly code: DiagnosticCode;
}

const readableHint = "write the value out where it holds: a reviewer reads one line, not the whole file";

function whyNotPlain(node: Node): string | undefined {
  if (isAlias(node)) return `The alias *${node.source} stands for a value written elsewhere.`;
  if ("anchor" in node && typeof node.anchor === "string") return `The anchor &${node.anchor} is not used in policies.`;
  // Only tags that were written are here: those of plain values are resolved without being set.
  if (node.tag !== undefined) return `The tag ${node.tag} changes what the value means.`;
  return undefined;
}

function scalarFinding(value: string, offset: number): PlainFinding | undefined {
  // As text and as escapes: "\u202e" in quotes is as invisible in a list of tools as the character itself.
  const [found] = findInvisible(value);
  if (found !== undefined) return { ...found, code: "text-invisible", offset };
  if (value.isWellFormed()) return undefined;
  return {
    code: "yaml-plain",
    offset,
    message: "The text holds half of a Unicode surrogate pair.",
    hint: "write the whole character",
  };
}

/**
 * What makes a value differ from what its own line shows: directives (`%YAML 1.1` makes `no` a boolean), tags, anchors,
 * aliases, and the key `__proto__`, which JavaScript objects and zod drop without a word.
 */
export function findNotPlain(document: Document): readonly PlainFinding[] {
  const findings: PlainFinding[] = [];
  if (document.directives?.yaml.explicit === true) {
    findings.push({
      code: "yaml-plain",
      offset: 0,
      message: "The %YAML directive changes how values are read.",
      hint: "remove it: policy files are YAML 1.2",
    });
  }
  visit(document, {
    Pair: (_, pair) => {
      if (!isScalar(pair.key) || pair.key.value !== "__proto__") return;
      findings.push({
        code: "yaml-plain",
        offset: pair.key.range?.[0] ?? 0,
        message: "The name __proto__ can't be used.",
        hint: "choose another name; leave a tool of that name out, so that it is refused",
      });
    },
    Node: (_, node) => {
      const offset = node.range?.[0] ?? 0;
      const message = whyNotPlain(node);
      if (message !== undefined) findings.push({ code: "yaml-plain", offset, message, hint: readableHint });
      const found = isScalar(node) && typeof node.value === "string" ? scalarFinding(node.value, offset) : undefined;
      if (found !== undefined) findings.push(found);
    },
  });
  return findings;
}
