import { join } from 'node:path'
import { expect, test } from 'vitest'
import { conditions } from '../../../src/lab/conditions.ts'
import { apply, check, InputError, plan, type RunEvent, UsageError, verify } from '../../../src/library.ts'
import { freshLab, labFolder } from './fresh-lab.ts'

const playbook = new URL('../../../playbooks/relieve-now.yml', import.meta.url).pathname

test('plan, apply, verify and check give results, and tell what happens on the way', async () => {
  const lab = await freshLab({ conditions: conditions.filter(({ name }) => ['edge', 'down'].includes(name)) })
  const fleet = { inventory: [lab.inventoryFile], stateDir: labFolder() }
  expect((await plan({ ...fleet, playbook })).totals).toMatchObject({ pending: 1, unreachable: 1 })
  const events: RunEvent[] = []
  const applied = await apply({ ...fleet, playbook, onEvent: (event) => events.push(event) })
  expect(applied.totals).toMatchObject({ changed: 1, unreachable: 1 })
  expect(events.filter(({ kind }) => kind === 'host_finished')).toHaveLength(2)
  expect((await verify({ ...fleet, playbook, limit: 'edge' })).totals).toMatchObject({
    ok: 1,
    unreachable: 0,
  })
  const checked = await check({ ...fleet, pattern: 'edge' })
  expect(checked).toMatchObject({ command: 'check', hosts: [{ host: 'edge', facts: { max: 524_288 } }] })
})

test('what is wrong before any host is contacted rejects', async () => {
  const settings = { inventory: ['a,'], stateDir: '/nonexistent/x', playbook: join(labFolder(), 'none.yml') }
  await expect(plan(settings)).rejects.toThrow(InputError)
  await expect(plan({ ...settings, inventory: [] })).rejects.toThrow(UsageError)
  await expect(check({ ...settings, warnPercent: 95 })).rejects.toThrow(UsageError)
})

test('an aborted signal begins no host, and the result says so', async () => {
  const lab = await freshLab({ conditions: conditions.filter(({ name }) => name === 'edge') })
  const fleet = { inventory: [lab.inventoryFile], stateDir: labFolder() }
  const { hosts } = await apply({ ...fleet, playbook, signal: AbortSignal.abort() })
  expect(hosts).toMatchObject([{ host: 'edge', status: 'skipped', facts: null }])
})

test('extra variables are values, not text to be taken apart', async () => {
  const lab = await freshLab({ conditions: conditions.filter(({ name }) => name === 'edge') })
  const fleet = { inventory: [lab.inventoryFile], stateDir: labFolder() }
  await expect(plan({ ...fleet, playbook, extraVars: { ansible_port: 'x; y' } })).rejects.toThrow(
    /ansible_port/,
  )
})
