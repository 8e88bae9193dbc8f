/** Prometheus' text format, version 0.0.4, read strictly: whatever is not in its grammar throws. */

/** One line with a value. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const sampleForm = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const labelForm = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,(?=.)|$)/;
const valueForm = /^(?:NaN|[+-]?Inf|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/;

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== "") {
    const [whole, name = "", value = ""] = labelForm.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`no label: ${rest}`);
    if (name in labels) throw new Error(`label ${name} twice: ${text}`);
    labels[name] = value;
    rest = rest.slice(whole.length);
  }
  return labels;
}

function readSample(line: string): Sample {
  const [, name = "", labels = "", value = ""] = sampleForm.exec(line) ?? [];
  if (name === "" || !valueForm.test(value)) throw new Error(`no sample: ${line}`);
  return { name, labels: readLabels(labels), value: Number(value.replace("Inf", "Infinity")) };
}

/**
 * The samples of a text, after checking it: every family has one HELP and one TYPE before its samples and is in one piece, no
 * series comes twice, counters end with `_total`, histograms are whole.
 */
export function readPrometheus(text: string): readonly Sample[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const seen = new Set<string>();
  let family = "";
  for (const line of text.trimEnd().split("\n")) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === "HELP") {
      if (helped.has(name)) throw new Error(`HELP twice: ${name}`);
      helped.add(name);
    } else if (keyword === "TYPE") {
      if (types.has(name) || !["counter", "gauge", "histogram"].includes(rest)) throw new Error(`TYPE: ${line}`);
      types.set(name, rest);
      family = name;
    } else {
      const sample = readSample(line);
      const isOfHistogram = types.get(family) === "histogram" && /_(?:bucket|sum|count)$/.test(sample.name);
      if ((isOfHistogram ? sample.name.replace(/_(?:bucket|sum|count)$/, "") : sample.name) !== family) {
        throw new Error(`not of ${family}: ${line}`);
      }
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).toSorted()]);
      if (seen.has(key)) throw new Error(`series twice: ${line}`);
      seen.add(key);
      samples.push(sample);
    }
  }
  for (const [name, type] of types) {
    if (!helped.has(name)) throw new Error(`no HELP: ${name}`);
    if (type === "counter" && !name.endsWith("_total")) throw new Error(`counter without _total: ${name}`);
    if (type === "histogram") checkBuckets(name, samples);
  }
  return samples;
}

/** Buckets are cumulative, and the last one has all. */
function checkBuckets(name: string, samples: readonly Sample[]): void {
  const keyOf = ({ labels }: Sample) => {
    const { le: _le, ...others } = labels;
    return JSON.stringify(Object.entries(others).toSorted());
  };
  const of = (suffix: string) =>
    Map.groupBy(
      samples.filter((sample) => sample.name === name + suffix),
      keyOf,
    );
  const [buckets, counts] = [of("_bucket"), of("_count")];
  for (const [key, series] of buckets) {
    const values = series.map(({ value }) => value);
    const last = series.at(-1);
    if (last?.labels.le !== "+Inf" || last.value !== counts.get(key)?.[0]?.value) throw new Error(`buckets: ${name}`);
    if (values.some((value, at) => value < (values[at - 1] ?? 0))) throw new Error(`buckets fall: ${name}`);
  }
}
