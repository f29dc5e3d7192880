import { defineConfig } from 'vitest/config'

/** The suite's wiring. Every test file runs in a process of its own: DuckDB and the broker keep native state. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Generous: a deadline here is for what hangs, never a statement about speed.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    globalSetup: ['test/support/globalSetup.ts'],
  },
})
