import { defineConfig } from 'vitest/config'

/** A real cron with a job each minute: takes four minutes, in which the machine has little to do. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/cron/**/*.test.ts'],
    testTimeout: 420_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
})
