/** What the rounds of the benchmark come to: medians, and what each subject adds to the upstream. Pure. */
import type { LoadResult } from "../../bench/run-load.ts";

/** One load on one subject. */
export interface Measurement extends LoadResult {
  readonly subject: string;
  readonly round: number;
  /** Processor time of the subject, of all its processes, for each request. */
  readonly subjectCpuMicros: number;
  /** Processor time of the decision point and of the upstream for each request. */
  readonly permitCpuMicros: number;
  readonly upstreamCpuMicros: number;
  /** MB resident after it. */
  readonly residentMb: number;
}

/** A subject in one case. Added times are over the upstream asked directly in the same round. */
export interface Summary {
  readonly subject: string;
  readonly perSecond: number;
  /** Throughput as a share of the bare pass-through's in the same round; undefined without one. */
  readonly ofPassThrough: number | undefined;
  readonly addedP50Ms: number;
  readonly addedP95Ms: number;
  readonly addedP99Ms: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly subjectCpuMicros: number;
  readonly permitCpuMicros: number;
  readonly upstreamCpuMicros: number;
  readonly residentMb: number;
}

/** The middle one; of an even number the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/**
 * Each subject by the median of its rounds. What is compared with another subject is compared round by round first, so
 * that a minute in which the machine was busy with something else slows both sides of it.
 */
export function summarize(measurements: readonly Measurement[]): readonly Summary[] {
  const of = (subject: string, round: number) =>
    measurements.find((each) => each.subject === subject && each.round === round);
  const names = [...new Set(measurements.map(({ subject }) => subject))];
  return names.map((subject) => {
    const mine = measurements.filter((each) => each.subject === subject);
    const middle = (value: (measurement: Measurement) => number) => median(mine.map(value));
    const added = (name: "p50Ms" | "p95Ms" | "p99Ms") =>
      middle((each) => each[name] - (of("direct", each.round)?.[name] ?? Number.NaN));
    const ratios = mine.flatMap((each) => {
      const bare = of("pass-through", each.round);
      return bare === undefined ? [] : [each.perSecond / bare.perSecond];
    });
    return {
      subject,
      perSecond: Math.round(middle((each) => each.perSecond)),
      ofPassThrough: ratios.length === 0 ? undefined : median(ratios),
      addedP50Ms: added("p50Ms"),
      addedP95Ms: added("p95Ms"),
      addedP99Ms: added("p99Ms"),
      p50Ms: middle((each) => each.p50Ms),
      p99Ms: middle((each) => each.p99Ms),
      subjectCpuMicros: Math.round(middle((each) => each.subjectCpuMicros)),
      permitCpuMicros: Math.round(middle((each) => each.permitCpuMicros)),
      upstreamCpuMicros: Math.round(middle((each) => each.upstreamCpuMicros)),
      residentMb: Math.round(middle((each) => each.residentMb)),
    };
  });
}

const columns: readonly [string, (summary: Summary) => string][] = [
  ["calls/s", ({ perSecond }) => String(perSecond)],
  ["of pass-through", ({ ofPassThrough }) => (ofPassThrough === undefined ? "" : ofPassThrough.toFixed(2))],
  ["p50 ms", ({ p50Ms }) => p50Ms.toFixed(2)],
  ["added p50", ({ subject, addedP50Ms }) => (subject === "direct" ? "" : addedP50Ms.toFixed(2))],
  ["added p95", ({ subject, addedP95Ms }) => (subject === "direct" ? "" : addedP95Ms.toFixed(2))],
  ["added p99", ({ subject, addedP99Ms }) => (subject === "direct" ? "" : addedP99Ms.toFixed(2))],
  ["own CPU µs", ({ subject, subjectCpuMicros }) => (subject === "direct" ? "" : String(subjectCpuMicros))],
  ["Permit CPU µs", ({ subject, permitCpuMicros }) => (subject === "gateway" ? String(permitCpuMicros) : "")],
  ["upstream CPU µs", ({ upstreamCpuMicros }) => String(upstreamCpuMicros)],
  ["MB", ({ subject, residentMb }) => (subject === "direct" ? "" : String(residentMb))],
];

/** A table as text, a line for each subject. */
export function tableOf(summaries: readonly Summary[]): string {
  const head = ["", ...columns.map(([title]) => title)];
  const rows = summaries.map((summary) => [summary.subject, ...columns.map(([, cell]) => cell(summary))]);
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ");
  return [head, ...rows].map((row) => line(row).trimEnd()).join("\n");
}
