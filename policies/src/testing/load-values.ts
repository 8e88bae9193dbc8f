import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type LoadResult, loadHost, printDiagnostic } from "../load.ts";
import { type HostValues, writeHost } from "./host-values.ts";

/** Writes the files of a host into a new folder below `folder` and loads them. Throws what is found wrong with them. */
export function loadValues(folder: string, values: HostValues): Extract<LoadResult, { ok: true }> {
  const dir = join(mkdtempSync(join(folder, "hosts-")), "values");
  writeHost(values, dir);
  const result = loadHost(dir);
  if (!result.ok) throw new Error(result.diagnostics.map(printDiagnostic).join("\n"));
  return result;
}
