import { defineConfig } from 'vitest/config'

/**
 * Run with CONNTRACKCTL_TRIALS=full, and no part of what has to hold before a change lands: timers that a slow machine
 * upsets, which have not yet passed as a whole, and whole distributions, which QEMU takes ten minutes for.
 */
const trials = ['schedule', 'distributions', 'initramfs', 'rules-at-boot'].map(
  (name) => `test/vm/${name}.test.ts`,
)

/** Against real kernels that really reboot: needs root and the packages that .ci/run installs. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/vm/**/*.test.ts'],
    exclude: process.env['CONNTRACKCTL_TRIALS'] === undefined ? trials : [],
    globalSetup: 'test/vm/rig/build-image.mjs',
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: 'forks',
    // A kernel that boots keeps one processor busy, and waits for most of the rest of its life.
    maxWorkers: 2,
  },
})
