import { defineConfig } from "vitest/config";

// The tests of the pure model only: they are quick, and a mutant is tried hundreds of times.
export default defineConfig({
  test: {
    include: ["policies/src/{attributes,decide,plan,replay}.test.ts", "policies/src/diff/*.test.ts"],
    setupFiles: ["policies/mutation/first-failure.ts"],
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 60_000,
  },
});
