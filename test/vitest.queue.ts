import { defineConfig } from 'vitest/config'

/**
 * Several runners on a real Redis, and real sshd hosts: needs root and the packages that .ci/run installs. With
 * CONNTRACKCTL_TRIALS=full, on 500 hosts.
 */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/queue/**/*.test.ts'],
    testTimeout: process.env['CONNTRACKCTL_TRIALS'] === 'full' ? 1_800_000 : 240_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Most of the time is spent in waiting.
    fileParallelism: process.env['CONNTRACKCTL_TRIALS'] !== 'full',
    maxWorkers: 3,
  },
})
