// @ts-check
// So that the first test's time is not that of a build.
import { ensureImage } from './image.mjs'

/** For Vitest: runs once, before all suites. */
export async function setup() {
  await ensureImage('6.1')
}
