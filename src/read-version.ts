import { readFileSync } from 'node:fs'
import { ownFile } from './own-file.ts'

/** Of conntrackctl, as its package says. */
export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(ownFile('package.json'), 'utf8')) as { version: string }
  return version
}
