import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sudoTo } from '../../../src/ssh/become.ts'
import { directTarget } from '../../../src/ssh/direct-target.ts'
import { attempt, failureOf } from './attempt.ts'
import { limits, startFakeHost, targetAt, temporaryFolder } from './fake-host.ts'
import { sessionContract } from './session-contract.ts'

const local = {
  ...directTarget,
  name: 'here',
  transport: 'local',
  address: 'here',
  port: 22,
  user: 'me',
  identityFiles: [],
  hostKeys: { checking: 'yes', knownHostsFiles: [] },
  limits: limits(),
} as const

sessionContract('ssh2', async () => targetAt(await startFakeHost()))
sessionContract('local', () => Promise.resolve(local))
sessionContract('local on a terminal', () => Promise.resolve({ ...local, tty: true }))

test('a local shell becomes somebody as a remote one does', async () => {
  const folder = temporaryFolder()
  const sudo = join(folder, 'sudo')
  writeFileSync(sudo, `#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; became=root "$@"\n`)
  chmodSync(sudo, 0o755)
  const become = { ...sudoTo('root'), program: sudo }
  expect(await attempt({ ...local, become }, 'echo "$became"')).toContain('root\n')
  const missing = await failureOf(attempt({ ...local, become: { ...become, program: '/nowhere/sudo' } }))
  expect(missing).toMatchObject({ kind: 'become', stage: 'become' })
  expect(missing.hint).toContain('install /nowhere/sudo')
})
