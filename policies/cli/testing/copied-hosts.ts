import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { policiesProject } from "./run-policy.ts";

/** The project's hosts, copied anew for each test of the file that calls this. */
export function copiedHosts() {
  let folder = "";
  let hosts = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "policies-cli-"));
  });
  beforeEach(() => {
    hosts = mkdtempSync(join(folder, "policies-"));
    cpSync(join(policiesProject, "hosts"), hosts, { recursive: true });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  return {
    /** A folder outside of the project. */
    get folder() {
      return folder;
    },
    /** The folder of the copied hosts. */
    get hosts() {
      return hosts;
    },
    /** Replaces a text, which must be there, in a file of the demo host. */
    edit: (file: string, from: string, to: string) => {
      const path = join(hosts, "demo", file);
      const text = readFileSync(path, "utf8");
      if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
      writeFileSync(path, text.replace(from, to));
    },
  };
}
