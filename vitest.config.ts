import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**", "**/dist/**"];

/** What a process has once: module mocks, and the Pulumi runtime with its mocks. */
const isolated = ["policies/cli/import/write-files.test.ts", "infra/{aws,host,permit}/**/*.test.ts", "infra/*.test.ts"];

// A whole host (local Permit, upstreams, gateway) starts in some tests, hence the long hook limit.
export default defineConfig({
  test: {
    exclude,
    projects: [
      // A worker runs many files without starting anew, which is half of what most of them cost. So no file may leave
      // anything changed for the next: mocks, environment and clocks are put back.
      {
        extends: true,
        test: {
          name: "shared",
          include: ["{policies,infra,gateway}/**/*.test.ts"],
          exclude: [...exclude, ...isolated],
          isolate: false,
        },
      },
      { extends: true, test: { name: "isolated", include: isolated } },
    ],
    globalSetup: ["gateway/testing/postgres.ts", "gateway/testing/new-cluster.ts", "gateway/testing/searched-logs.ts"],
    setupFiles: ["infra/local/permit/testing/check-exchanges.ts", "gateway/testing/seen-secrets.ts"],
    // The processes that tests start compile what they share once, and not each by itself.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url)) },
    pool: "forks",
    // One more than the two processors of CI: a third of the time tests wait for processes, timers and disks.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 90_000,
  },
});
