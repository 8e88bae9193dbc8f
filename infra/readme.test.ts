import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "policies/README.md",
  "infra/README.md",
  "infra/local/permit/README.md",
  "gateway/README.md",
  "gateway/AUDIT-EVENTS.md",
  "gateway/OBSERVABILITY.md",
  "gateway/BENCHMARKS.md",
  "stacks/README.md",
];

/** Links to files of the repository in a Markdown text, anchors and web addresses left out. */
function fileLinks(text: string): string[] {
  return [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map((match) => match[1] ?? "")
    .filter((link) => !/^[a-z]+:/.test(link));
}

test.each(documents)("every file that %s links to exists", (document) => {
  const links = fileLinks(readFileSync(document, "utf8"));
  expect(links.filter((link) => !existsSync(join(dirname(document), link)))).toEqual([]);
});

test("the README shows both reading paths, from end to end, in links", () => {
  const readme = readFileSync("README.md", "utf8");
  const [, calls = "", yaml = ""] = readme.split(/One `tools\/call`|One line of YAML/);
  const callPath = fileLinks(calls);
  expect(callPath[0]).toBe("gateway/src/server.ts");
  expect(callPath.at(-1)).toMatch(/^gateway\/src\/(adapters\/audit|audit\/)/);
  const yamlPath = fileLinks(yaml.split("\n## ")[0] ?? "");
  expect(yamlPath[0]).toMatch(/^policies\/hosts\/demo\//);
  expect(yamlPath.at(-1)).toBe("infra/permit/client.ts");
});

test("every npm script that the README names exists", () => {
  const readme = readFileSync("README.md", "utf8");
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  const named = [...readme.matchAll(/npm run (?:-s )?([a-z:]+)/g)].map((match) => match[1] ?? "");
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  expect(readme).toContain("npm ci && npm start");
  expect(readme).toContain("npm ci && npm test");
});
