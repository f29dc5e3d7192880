import { defineConfig } from 'vitest/config'

/** The suite's wiring. Every test file runs in a process of its own: DuckDB and the broker keep native state. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    globalSetup: ['test/support/globalSetup.ts'],
  },
})
