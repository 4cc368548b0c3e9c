import { expect, test } from 'vitest'
import { readHost } from '../../../src/host/read-host.ts'
import { readingFor } from '../../../src/host/reading.ts'
import { conditions } from '../../../src/lab/conditions.ts'
import { openSession } from '../../../src/ssh/open-session.ts'
import { forEachHost } from '../../../src/fleet/for-each-host.ts'
import { freshLab, never, targetOf } from './fresh-lab.ts'

test('200 hosts of one process are all there, each with its own files', async () => {
  const lab = await freshLab({ conditions: conditions.filter(({ name }) => name === 'web'), copies: 200 })
  expect(lab.hosts.map(({ name }) => name).at(-1)).toBe('web200')
  expect(new Set(lab.hosts.map(({ address, port }) => `${address} ${port}`)).size).toBe(200)
  const reading = readingFor({ play: 'x', sysctls: [], persist: true, conflicts: 'report', module: 'leave' })
  const bootIds = await forEachHost(
    lab.hosts,
    50,
    never,
    async (host) => {
      await using session = await openSession(targetOf(lab, host), never)
      return (await readHost(session, reading)).bootId
    },
    () => 'skipped',
  )
  expect(new Set(bootIds).size).toBe(200)
})
