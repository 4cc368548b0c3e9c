import { defineConfig } from 'vitest/config'

/** Against real kernels that really reboot: needs root and the packages that .ci/run installs. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/vm/**/*.test.ts'],
    globalSetup: 'test/vm/rig/build-image.mjs',
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: 'forks',
    fileParallelism: false,
  },
})
