import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateHost, withChanges } from "../../bench/generate-host.ts";
import type { HostModel } from "../model.ts";
import { arbitraryValues } from "./arbitrary-values.ts";
import { type HostValues, hostTexts, hostValues } from "./host-values.ts";
import { loadValues } from "./load-values.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policies-values-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The model of the files that the values make. */
const loaded = (values: HostValues) => loadValues(folder, values).host;

/** Without positions: the meaning of the files. */
const meaning = (host: HostModel) =>
  JSON.parse(JSON.stringify(host, (name, value: unknown) => (name === "source" ? undefined : value))) as unknown;

test("YAML to model to YAML keeps the meaning", () => {
  fc.assert(
    fc.property(arbitraryValues, (values) => {
      const host = loaded(values);
      expect(meaning(loaded(hostValues(host)))).toEqual(meaning(host));
    }),
    { numRuns: 60 },
  );
});

test("what the files of random hosts say is in their model, so that the law above is not about empty ones", () => {
  const hosts = fc.sample(arbitraryValues, { numRuns: 30, seed: 1 }).map(loaded);
  const tools = hosts.flatMap(({ servers }) => servers.flatMap((server) => server.tools));
  expect(hosts.flatMap(({ grants }) => grants).some(({ group, until }) => group !== undefined && until)).toBe(true);
  expect(tools.some(({ approval }) => approval.some(({ scope }) => scope === "server"))).toBe(true);
  expect(tools.some(({ name, definition }) => name === "null" && definition !== undefined)).toBe(true);
});

test("a generated host is the same for the same seed, loads, and keeps its meaning", () => {
  const size = { humans: 60, servers: 4, tools: 10 };
  expect(generateHost(size, 7)).toEqual(generateHost(size, 7));
  const host = loaded(generateHost(size, 7));
  expect(host).toMatchObject({ servers: { length: 4 }, humans: { length: 60 } });
  expect(meaning(loaded(hostValues(host)))).toEqual(meaning(host));
  const changed = withChanges(generateHost(size, 7), 10);
  expect(hostTexts(withChanges(generateHost(size, 7), 10))).toEqual(hostTexts(changed));
  expect(meaning(loaded(changed))).not.toEqual(meaning(host));
});
