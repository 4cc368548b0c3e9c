import { defineConfig } from 'vitest/config'

/** The suites that need no root and no package: `npm test`. The rest stands in test/vitest.hosts.ts. */
export default defineConfig({
  test: {
    include: ['test/{unit,cases,golden,embedded}/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
})
