import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// A whole host (local Permit, upstreams, gateway) starts in some tests, hence the long hook limit.
export default defineConfig({
  test: {
    include: ["policies/**/*.test.ts", "infra/**/*.test.ts", "gateway/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
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
