import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../src/adapters/database.ts";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { noChromium, startBrowser } from "../../web/test/browser.ts";
import { fillWithGrants } from "./testing/filled-grants.ts";
import { runOn } from "./testing/log-program.ts";

const period = ["--from", "2026-07-01", "--to", "2026-08-01"];

describe("report", () => {
  let database: Database;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "audit-report-"));
    database = await openMemoryDatabase();
    await fillWithGrants(database);
  });
  afterAll(async () => {
    await database.close();
    rmSync(folder, { recursive: true });
  });
  const run = (...args: string[]) => runOn(database, ["report", ...period, ...args], { hostKey: "demo" });

  test("in Markdown, what clients choose is text: no markup, no link, no further cell", async () => {
    const { stdout } = await run();
    const html = micromark(stdout, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });
    expect(html.match(/<(?!\/?(?:h[1-3]|p|table|thead|tbody|tr|t[hd]|pre|code|a)\b)[^>]*>/g)).toBeNull();
    expect(
      (html.match(/<a [^>]*>/g) ?? []).filter((link) => !/^<a href="mailto:[\w.]+@example\.com">$/.test(link)),
    ).toEqual([]);
    const rows = [...html.matchAll(/<table>(.*?)<\/table>/gs)].map(([table]) =>
      [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([row]) => row.match(/<t[hd]/g)?.length),
    );
    expect(rows.length).toBeGreaterThan(10);
    for (const counts of rows) expect(new Set(counts).size).toBe(1);
    expect(html).toContain(
      "=&lt;img src=x onerror=alert(1)&gt;|`*_[x](javascript:alert(1)) \\u{202e}https://evil.example&quot;'",
    );
    expect(stdout).not.toContain("\u202E");
  });

  test("in HTML, what clients choose is text, and nothing is fetched or run", async () => {
    const { stdout } = await run("--format", "html");
    expect(stdout).not.toMatch(/<(?:script|img|link|iframe|a)\b/i);
    expect(stdout).not.toMatch(/(?:src|href)=["'][^"']/i);
    expect(stdout).not.toContain("\u202E");
    expect(stdout).toContain("&lt;img ");
    expect([...stdout.matchAll(/<h([1-6])>/g)].map(([, level]) => Number(level))).toSatisfy((levels: number[]) =>
      levels.every((level, index) => (index === 0 ? level === 1 : level > 1 && level <= (levels[index - 1] ?? 0) + 1)),
    );
  });

  test.skipIf(noChromium)("in HTML passes axe, on a screen, a phone and paper", async () => {
    expect((await run("--format", "html", "--output", join(folder, "report.html"))).status).toBe(0);
    const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    const browser = await startBrowser();
    try {
      const page = await browser.newPage();
      const requests: string[] = [];
      page.on("request", (request) => requests.push(request.url()));
      for (const [width, media] of [
        [1100, "screen"],
        [360, "screen"],
        [688, "print"],
      ] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ media });
        await page.goto(`file://${join(folder, "report.html")}`);
        const { violations } = await page.evaluate<AxeResults>(`${axe}; axe.run()`);
        expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
        // The page never scrolls sideways; wide tables do, by themselves.
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      }
      expect(new Set(requests)).toEqual(new Set([`file://${join(folder, "report.html")}`]));
    } finally {
      await browser.close();
    }
  });

  test("writes a new file for its owner only, and none when it can't be made", async () => {
    const file = join(folder, "new.md");
    expect(await run("--output", file)).toMatchObject({ status: 0, stdout: "", stderr: `The report is in ${file}\n` });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await run("--output", file)).stderr).toContain("is there already, and nothing is written over it.");
  });

  test.each([
    [["--from", "2026-07-01"], "Say of which period, with --from and --to."],
    [[...period, "--policy", "policies/hosts/none"], "The policy in policies/hosts/none can't be read:"],
    [[...period, "--format", "pdf"], "--format is one of markdown, html"],
  ])("%j is used wrongly", async (args, message) => {
    const { status, stdout, stderr } = await runOn(database, ["report", ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("refuses the policy of another host", async () => {
    await database.kysely.updateTable("gateway_audit_chain").set({ host: "acme" }).execute();
    const { status, stdout, stderr } = await run();
    await database.kysely.updateTable("gateway_audit_chain").set({ host: "demo" }).execute();
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("is that of demo, and the log is of acme.");
  });
});
