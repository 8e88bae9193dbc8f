/** Runs the MCP conformance suite against an address and reads what it found. */
import { spawn } from "node:child_process";
import { globSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";

/** The revisions whose requirements are run. */
export const revisions = ["2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof revisions)[number];

const program = fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js"));

const requirements = z.object({
  server: z.array(z.string()),
  not_scored: z.array(z.object({ scenario: z.string(), leg: z.string(), reason: z.string() })),
});
const checks = z.array(z.object({ id: z.string(), status: z.string(), errorMessage: z.string().optional() }));

/** One scenario of a requirement set; with a reason when conformance does not need it. */
export interface Scenario {
  readonly name: string;
  readonly optional: string | undefined;
}

/** One thing that a scenario looked at. */
export type Check = z.infer<typeof checks>[number];

/** The server scenarios of a revision, required ones first. */
export function scenariosOf(revision: Revision): readonly Scenario[] {
  const file = join(dirname(program), "..", "requirements", `${revision}.yaml`);
  const { server, not_scored } = requirements.parse(parse(readFileSync(file, "utf8")));
  return [
    ...server.map((name) => ({ name, optional: undefined })),
    ...not_scored
      .filter(({ leg }) => leg === "server")
      .map(({ scenario, reason }) => ({ name: scenario, optional: reason })),
  ];
}

/** Runs all server scenarios of a revision. Resolves with scenario -> checks; none of a scenario that did not run. */
export async function runSuite(
  url: string,
  revision: Revision,
  folder: string,
): Promise<ReadonlyMap<string, readonly Check[]>> {
  mkdirSync(folder, { recursive: true });
  const child = spawn(
    process.execPath,
    [program, "server", "--url", url, "--requirements", revision, "--output-dir", folder],
    { stdio: "ignore", env: { PATH: process.env.PATH } },
  );
  // Its exit code says whether all passed; which did is in the files.
  await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  return new Map(
    scenariosOf(revision).map(({ name }) => {
      const [file] = globSync(join(folder, `server-${name}-[0-9][0-9][0-9][0-9]-*`, "checks.json"));
      return [name, file === undefined ? [] : checks.parse(JSON.parse(readFileSync(file, "utf8")))];
    }),
  );
}
