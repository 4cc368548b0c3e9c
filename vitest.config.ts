import { defineConfig } from 'vitest/config'

/** The suites that need no root and no package: `npm test`. The rest stands in test/vitest.hosts.ts. */
export default defineConfig({
  test: {
    include: ['test/{unit,cases,golden,embedded}/**/*.test.ts'],
    // A machine that is busy with other things takes several times as long: that is no fault of the program.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    // One more than most machines' spare core: many of these tests wait for hosts most of the time.
    maxWorkers: 3,
  },
})
