/** The README's example of a reviewed change is what really comes out. UPDATE=1 writes it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { policyRepository } from "../cli/testing/policy-repository.ts";
import { policiesProject, runPolicy } from "../cli/testing/run-policy.ts";
import { findingKinds } from "../src/diff/finding.ts";

const file = join(policiesProject, "README.md");
const readme = readFileSync(file, "utf8");

/** The README with the example that runs now. Ids of commits differ from run to run, so one stands for all. */
async function withExample(text: string): Promise<string> {
  const repository = policyRepository();
  try {
    const line = "- { server: issues, human: developer@example.com, ceiling: medium }";
    expect(text).toContain(`-  ${line}\n+  ${line.replace("medium", "high")}\n`);
    repository.edit("demo/grants.yaml", line, line.replace("medium", "high"));
    const diff = async (...args: readonly string[]) => {
      const words = ["diff", "main", "--on", "2026-11-24", "--policies", "policies/hosts", ...args];
      const { stdout } = await runPolicy(words, { cwd: repository.root });
      return stdout.replace(/\([0-9a-f]{12}\)/, "(5f0c1d7a9b3e)");
    };
    const [asText, asMarkdown] = [await diff(), await diff("--format", "markdown")];
    const kinds = Object.entries(findingKinds);
    const rows = kinds.map(([kind, meaning]) => [`\`${kind}\``, `${meaning[0]?.toUpperCase()}${meaning.slice(1)}.`]);
    const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    const tableRow = (cells: readonly string[]) =>
      `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |\n`;
    const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |\n`;
    const table = `${tableRow(["kind", "meaning"])}${rule}${rows.map(tableRow).join("")}`;
    return text
      .replace(/(<!-- example: text -->\n\n```text\n)[\s\S]*?```\n/, (_, start) => `${start}${asText}\`\`\`\n`)
      .replace(
        /(<!-- example: markdown -->\n\n```markdown\n)[\s\S]*?```\n/,
        (_, start) => `${start}${asMarkdown}\`\`\`\n`,
      )
      .replace(/(<!-- fail-on -->\n\n)(?:\|.*\n)*\n?/, (_, start) => `${start}${table}\n`);
  } finally {
    repository.remove();
  }
}

test("the README's example of a reviewed change, and its table of kinds, are what comes out", async () => {
  const made = await withExample(readme);
  if (process.env.UPDATE === "1") writeFileSync(file, made);
  expect(readme).toBe(made);
});
