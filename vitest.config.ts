import { defineConfig } from 'vitest/config'
import { filesOnBothStores } from './test/support/onBothStores.ts'

/**
 * The suite's wiring. Every test file runs in a process of its own: DuckDB and the broker keep native state. What asks
 * a store runs a second time in the project `influx`; `--project embedded` runs all files once.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    // One more than the cores of a small machine: many tests wait for processes that they started.
    maxWorkers: 3,
    // Generous: a deadline here is for what hangs, never a statement about speed.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'embedded',
          include: ['test/**/*.test.ts'],
          globalSetup: ['test/support/globalSetup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'influx',
          include: filesOnBothStores(),
          env: { NADI_TEST_STORE: 'influx' },
          globalSetup: ['test/support/influxProject.ts'],
        },
      },
    ],
  },
})
