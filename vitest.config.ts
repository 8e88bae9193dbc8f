import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// A whole host (local Permit, upstreams, gateway) starts in some tests, hence the long hook limit.
export default defineConfig({
  test: {
    exclude: ["**/node_modules/**", "**/dist/**"],
    projects: [
      // Nothing here is kept between files or changed for others, so a worker runs many without starting anew.
      { extends: true, test: { name: "policy model", include: ["policies/src/**/*.test.ts"], isolate: false } },
      {
        extends: true,
        test: { name: "programs", include: ["policies/{cli,ci}/**/*.test.ts", "{infra,gateway}/**/*.test.ts"] },
      },
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
