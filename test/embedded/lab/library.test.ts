import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { conditions } from '../../../src/lab/conditions.ts'
import {
  apply,
  check,
  exitCodeOf,
  InputError,
  plan,
  type RunEvent,
  type SavedPlan,
  UsageError,
  verify,
} from '../../../src/library.ts'
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

test('a plan is saved, and applied as it is: neither playbook nor moved hosts have a say', async () => {
  const lab = await freshLab({ conditions: conditions.filter(({ name }) => name === 'web'), copies: 3 })
  const folder = labFolder()
  const fleet = { stateDir: join(folder, 'state'), cwd: folder }
  const out = join(folder, 'plan.json')
  writeFileSync(join(folder, 'play.yml'), '- hosts: all\n  conntrack: {max: 300000}\n')
  const planned = await plan({ ...fleet, inventory: [lab.inventoryFile], playbook: 'play.yml', out })
  expect(planned.totals).toMatchObject({ pending: 3 })
  const saved = JSON.parse(readFileSync(out, 'utf8')) as SavedPlan
  expect(saved).toMatchObject({ run: planned.run, playbook: 'play.yml', inventory: [lab.inventoryFile] })
  expect(saved.plays[0]?.hosts.map(({ host, changes }) => [host, changes.length > 0])).toEqual(
    lab.hosts.map(({ name }) => [name, true]),
  )

  writeFileSync(join(folder, 'play.yml'), '- hosts: all\n  conntrack: {max: 999999}\n')
  const max = (host: number) => join(lab.hosts[host]?.root ?? '', 'proc/sys/net/netfilter/nf_conntrack_max')
  const [moved] = lab.hosts
  writeFileSync(max(0), '70000\n')
  expect((await plan({ ...fleet, savedPlan: 'plan.json' })).totals).toMatchObject({ pending: 2, failed: 1 })
  const events: RunEvent[] = []
  const settings = { ...fleet, savedPlan: out, onEvent: (event: RunEvent) => events.push(event) }
  const applied = await apply(settings)
  expect(applied.totals).toMatchObject({ changed: 2, failed: 1 })
  expect(exitCodeOf(applied)).toBe(6)
  const found = applied.hosts.find(({ host }) => host === moved?.name)?.findings.map(({ code }) => code)
  expect(found).toContain('moved-since-plan')
  expect([0, 1, 2].map((host) => readFileSync(max(host), 'utf8').trim())).toEqual([
    '70000',
    '300000',
    '300000',
  ])
  expect(events.filter(({ kind }) => kind === 'host_finished')).toHaveLength(3)
  // Of the inventory that is given now, and of a part.
  const again = { inventory: [lab.inventoryFile], limit: lab.hosts[1]?.name ?? '' }
  expect((await apply({ ...settings, ...again })).totals).toMatchObject({ ok: 1, failed: 0 })
})

test('a plan that is none, was changed, or cannot be saved rejects before any host is contacted', async () => {
  const lab = await freshLab({ conditions: conditions.filter(({ name }) => name === 'edge') })
  const folder = labFolder()
  const fleet = { stateDir: join(folder, 'state'), cwd: folder, inventory: [lab.inventoryFile] }
  const events: RunEvent[] = []
  const onEvent = (event: RunEvent): void => void events.push(event)
  await expect(plan({ ...fleet, playbook, onEvent, out: playbook })).rejects.toThrow(
    /something else than a saved/,
  )
  await expect(plan({ ...fleet, playbook, onEvent, out: 'no/where.json' })).rejects.toThrow(UsageError)
  await expect(apply({ ...fleet, savedPlan: playbook, onEvent })).rejects.toThrow(/there is no saved plan/)
  await expect(apply({ ...fleet, savedPlan: 'none.json', onEvent })).rejects.toThrow(InputError)
  expect(events).toEqual([])

  const out = join(folder, 'plan.json')
  await plan({ ...fleet, playbook, out })
  writeFileSync(out, readFileSync(out, 'utf8').replace('524288', '999999'))
  await expect(apply({ ...fleet, savedPlan: out, onEvent })).rejects.toThrow(/checksum/)
  expect(events).toEqual([])
})
