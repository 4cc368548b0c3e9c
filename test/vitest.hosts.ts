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
    // Hosts that are slow, silent or asking are waited for: a file takes half to two thirds of a processor.
    maxWorkers: 3,
  },
})
