import { defineConfig } from 'vitest/config'

/** Against real OpenSSH servers in namespaces of their own: needs root and the packages that .ci/run installs. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/hosts/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    pool: 'forks',
    isolate: false,
    maxWorkers: 2,
  },
})
