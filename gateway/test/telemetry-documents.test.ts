/** The dashboard and `OBSERVABILITY.md` say what the gateway shows. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { metrics, prometheusName } from "../src/telemetry/metric-catalogue.ts";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const all = Object.values(metrics);
const kinds = { histogram: "histogram", counter: "counter", "observed-counter": "counter" } as const;
const kindOf = (instrument: string) => kinds[instrument as keyof typeof kinds] ?? "gauge";

/** What Prometheus can be asked for: of a histogram its three parts. */
const series = new Set(
  all.flatMap((metric) => {
    const name = prometheusName(metric);
    return metric.instrument === "histogram" ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name];
  }),
);
const labels = new Set(all.flatMap((metric) => metric.labels.map((label: string) => label.replaceAll(".", "_"))));
const labelsOfScrape = new Set(["job", "instance", "le"]);

/** Names of metrics and labels in a PromQL expression: what is left without texts, numbers, functions and words. */
function namesIn(expression: string): { readonly metrics: string[]; readonly labels: string[] } {
  const bare = expression.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').replaceAll(/\[[^\]]*\]/g, "");
  const selected = [...bare.matchAll(/([a-z_]+)(?:=~|!=|=)""/g)].map(([, name = ""]) => name);
  const grouped = [...bare.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = ""]) =>
    names.split(",").map((each) => each.trim()),
  );
  const outside = bare.replaceAll(/\{[^}]*\}/g, "").replaceAll(/\bby \([^)]*\)/g, "");
  const words = [...outside.matchAll(/[a-z_]+(?!\w|\s*\()/g)].map(([name]) => name);
  const functions = ["sum", "max", "min", "topk", "rate", "absent", "histogram_quantile", "label_values"];
  return { metrics: words.filter((word) => !functions.includes(word)), labels: [...selected, ...grouped] };
}

const panelSchema = z.object({
  id: z.number(),
  title: z.string().min(1),
  description: z.string().min(1),
  type: z.enum(["timeseries", "stat"]),
  datasource: z.object({ type: z.literal("prometheus"), uid: z.literal(`\${datasource}`) }),
  fieldConfig: z.object({ defaults: z.object({ unit: z.string().min(1) }) }),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.array(z.object({ refId: z.string(), expr: z.string().min(1), legendFormat: z.string().min(1) })).min(1),
});
const dashboardSchema = z.object({
  title: z.string(),
  schemaVersion: z.literal(42),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string(), query: z.unknown() })) }),
  panels: z.array(
    z.union([z.object({ id: z.number(), type: z.literal("row"), title: z.string().min(1) }), panelSchema]),
  ),
});

describe("the dashboard", () => {
  const dashboard = dashboardSchema.parse(JSON.parse(read("dashboards/grafana.json")));
  const panels = dashboard.panels.filter((panel) => panel.type !== "row");
  const expressions = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const));

  test("has a variable for the data source, and panels that do not cover each other", () => {
    expect(dashboard.templating.list[0]).toMatchObject({ name: "datasource", type: "datasource", query: "prometheus" });
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  test.each(expressions)("%s asks for what there is: %s", (_title, expression) => {
    const names = namesIn(expression);
    expect(names.metrics.length).toBeGreaterThan(0);
    expect(names.metrics.filter((name) => !series.has(name))).toEqual([]);
    expect(names.labels.filter((name) => !labels.has(name) && !labelsOfScrape.has(name))).toEqual([]);
    // Parentheses that do not match would be a panel with an error.
    expect([...expression].reduce((depth, char) => depth + (char === "(" ? 1 : char === ")" ? -1 : 0), 0)).toBe(0);
  });

  test("leaves no metric out", () => {
    const shown = new Set(expressions.flatMap(([, expression]) => namesIn(expression).metrics));
    const missing = all.map(prometheusName).filter((name) => ![...shown].some((each) => each.startsWith(name)));
    expect(missing).toEqual([]);
  });

  test("its variables ask for what there is", () => {
    const queries = dashboard.templating.list.flatMap(({ query }) => (query as { query?: string }).query ?? []);
    for (const query of queries) {
      const [, name = ""] = /^label_values\(([a-z_]+)/.exec(query) ?? [];
      expect([query, series.has(name)]).toEqual([query, true]);
    }
    expect(queries).toHaveLength(3);
  });
});

describe("OBSERVABILITY.md", () => {
  const text = read("OBSERVABILITY.md");
  const rows = text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("\\|", "|")),
    );

  test("lists the metrics: names, types, units, labels, meanings", () => {
    const head = rows.findIndex((cells) => cells.join() === "name,type,unit,labels,meaning");
    const expected = all.map((metric) => [
      `\`${prometheusName(metric)}\` (\`${metric.name}\`)`,
      kindOf(metric.instrument),
      metric.unit,
      metric.labels.map((label) => `\`${label.replaceAll(".", "_")}\``).join(", ") || "none",
      metric.description,
    ]);
    expect(rows.slice(head + 2, head + 2 + all.length)).toEqual(expected);
    expect(rows[head + 2 + all.length]?.length).not.toBe(5);
  });

  test("its alarms are about metrics that there are", () => {
    const head = rows.findIndex((cells) => cells.join() === "alarm,when,what it means");
    const conditions = rows.slice(head + 2).map(([, when = ""]) => /^`(.+)`/.exec(when)?.[1] ?? "");
    expect(conditions.length).toBeGreaterThan(5);
    for (const condition of conditions) {
      const names = namesIn(condition);
      expect([condition, names.metrics.length > 0, names.metrics.filter((name) => !series.has(name))]).toEqual([
        condition,
        true,
        [],
      ]);
      expect([condition, names.labels.filter((name) => !labels.has(name))]).toEqual([condition, []]);
    }
  });
});
