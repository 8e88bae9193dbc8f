import fc from "fast-check";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { describe, expect, test } from "vitest";
import { codeSpan, diffBlock } from "./markdown.ts";
import { renderMarkdown, renderMarkdownFindings } from "./render-markdown.ts";
import type { Entry, HostReport, Weight } from "./report.ts";
import { own, say } from "./text.ts";

const html = (markdown: string) => micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()] });
const hostile = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        "`",
        "``",
        " ",
        "\n",
        "\\",
        "@x",
        "#1",
        "<b>",
        "[a](b)",
        "https://a.example",
        "|",
        "</code>",
        "\u202e",
        "```",
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join("")),
);

describe("foreign text", () => {
  test("is one code span, whatever it is", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(html(`- a ${codeSpan(text)} b`)).toMatch(/^<ul>\n<li>a <code>[^<]+<\/code> b<\/li>\n<\/ul>$/);
      }),
      { numRuns: 500 },
    );
  });

  test("of several lines is one block, and ends the item that it is in", () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 5 }), (lines) => {
        const block = diffBlock(
          lines.map((line) => `- ${line}`),
          "  ",
        ).join("\n");
        expect(html(`- a\n\n${block}\n\n- b`)).toMatch(
          /^<ul>\n<li>\n<p>a<\/p>\n<pre><code class="language-diff">[^<]+<\/code><\/pre>\n<\/li>\n<li>\n<p>b<\/p>\n<\/li>\n<\/ul>$/,
        );
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["plain", "a", "`a`"],
    ["with backticks", "a`b``c", "```a`b``c```"],
    ["that begins with one", "`a", "`` `a ``"],
    ["of spaces", "  ", '`"  "`'],
    ["that is empty", "", '`""`'],
    ["with invisible characters", "a\u200bb\nc", "`a\\u{200b}b\\u{a}c`"],
    ["that is long", "x".repeat(201), `\`${"x".repeat(200)}…\``],
  ])("%s", (_, text, expected) => {
    expect(codeSpan(text)).toBe(expected);
  });
});

const entry = (weight: Weight, name: string): Entry => ({
  weight,
  line: say`${name} ${own("x".repeat(400))}`,
  details: [],
});
const input = {
  base: "main",
  head: "policies/hosts",
  on: "2026-11-24",
  verdict: "verdict.",
  failed: [],
  lengthMax: 65_536,
};

describe("a comment", () => {
  const many = (weight: Weight, number: number) =>
    Array.from({ length: number }, (_, index) => entry(weight, `${weight}-${index}`));
  const reports: readonly HostReport[] = [
    { host: "a", state: "different", sections: [{ title: "Tools", entries: many("other", 300) }] },
    {
      host: "b",
      state: "gone",
      sections: [{ title: "Settings", entries: [...many("danger", 20), ...many("less", 200)] }],
    },
  ];

  test("is never longer than it may be, keeps what weighs most, and counts what is left out", () => {
    for (const lengthMax of [3000, 10_000, 65_536]) {
      const markdown = renderMarkdown({ ...input, reports, lengthMax });
      expect(markdown.length).toBeLessThanOrEqual(lengthMax);
      expect(markdown.length).toBeGreaterThan(lengthMax - 1500);
      const shown = markdown.match(/^- (🔴|🟠|🟢|⚪)/gmu)?.length ?? 0;
      expect(markdown).toContain(`… and ${520 - shown} more changes.`);
      expect(html(markdown)).not.toContain("<details open><summary><b>Tools</b> (300)</summary>\n</details>");
      const opened = markdown.split("<details").length;
      expect(markdown.split("</details>").length).toBe(opened);
    }
    expect(renderMarkdown({ ...input, reports, lengthMax: 10_000 }).match(/🔴 /g)).toHaveLength(21);
    expect(renderMarkdown({ ...input, reports, lengthMax: 10_000 })).not.toContain("`less-");
  });

  test("says all where there is room", () => {
    const markdown = renderMarkdown({ ...input, reports, lengthMax: 1_000_000 });
    expect(markdown).not.toContain("… and");
    expect(markdown.match(/^- /gm)).toHaveLength(520);
    expect(markdown).toContain("#### `b` (gone)");
  });

  test("of no difference is the verdict and what was compared", () => {
    expect(renderMarkdown({ ...input, reports: [] })).toBe(
      "<!-- permit-mcp-gateway policy -->\n### Policy: verdict.\n\nFrom `main` to `policies/hosts`, on 2026-11-24.",
    );
  });

  test("of many findings is as short", () => {
    const finding = {
      code: "field-missing",
      file: "f",
      line: 1,
      column: 1,
      message: "m".repeat(100),
      hint: "h",
    } as const;
    const markdown = renderMarkdownFindings(
      Array.from({ length: 1000 }, () => finding),
      5000,
    );
    expect(markdown.length).toBeLessThanOrEqual(5000);
    const shown = markdown.match(/^- `f:1:1/gm)?.length ?? 0;
    expect(shown).toBeGreaterThan(20);
    expect(markdown).toContain(`- … and ${1000 - shown} more`);
  });
});
