import { defineConfig } from 'vitest/config'

/**
 * Reports and screens in the programs that they are for: Chromium, promtool and node_exporter, xmllint, tmux. Needs
 * the packages of .ci/install-packages and no root.
 */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    pool: 'forks',
    fileParallelism: false,
  },
})
