/**
 * `node policies/ci/preview-section.ts <stack> <exit code> < output`: what `pulumi preview` printed, as a part of the
 * comment on a pull request. The output holds names of the pull request, so it must not be able to leave its code block.
 */
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { codeSpan, fenced } from "../cli/diff/markdown.ts";

/** Several stacks and the review have to fit into one comment. */
const printedMax = 16_000;

const [stack = "", status = ""] = process.argv.slice(2);
const printed = stripVTControlCharacters(await text(process.stdin)).trim();
const shown =
  printed.length > printedMax ? `${printed.slice(0, printedMax)}\n… and more: see the log of the job` : printed;
const failed = status !== "0";
const lines = [
  `<details open><summary>${failed ? "❌" : "🔎"} <code>pulumi preview</code>${failed ? " failed" : ""}</summary>`,
  "",
  `Stack ${codeSpan(stack)}, as it would be after a merge now:`,
  "",
  ...fenced(shown.split("\n")),
  "",
  "</details>",
];
process.stdout.write(`${lines.join("\n")}\n`);
