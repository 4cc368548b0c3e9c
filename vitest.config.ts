import { defineConfig } from 'vitest/config'

/** The suites that need no root and no package: `npm test`. The rest stands in test/vitest.hosts.ts. */
export default defineConfig({
  test: {
    include: ['test/{unit,cases,golden,embedded}/**/*.test.ts'],
    // A machine that is busy with other things takes several times as long: that is no fault of the program.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    // Half of the processor time would go into loading the same modules anew for each file. What a file sets for the
    // whole process (its environment), it puts back.
    isolate: false,
    // One more than most machines' spare core: many of these tests wait for hosts most of the time.
    maxWorkers: 3,
  },
})
