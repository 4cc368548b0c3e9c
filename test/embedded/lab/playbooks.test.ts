import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { wishRemedy } from '../../../src/fleet/wish-remedy.ts'
import { type Manner, remedyHost } from '../../../src/fleet/remedy-host.ts'
import { loadInventory } from '../../../src/inventory/load-inventory.ts'
import { selectHosts } from '../../../src/inventory/select-hosts.ts'
import { loadPlaybook } from '../../../src/playbook/load-playbook.ts'
import { resolvePlaybook } from '../../../src/playbook/resolve-playbook.ts'
import { fingerprint } from '../../../src/lab/fingerprint.ts'
import type { Lab } from '../../../src/lab/start-lab.ts'
import type { HostResult } from '../../../src/report/host-result.ts'
import { freshLab, hostNamed, never, targetOf } from './fresh-lab.ts'

const folder = fileURLToPath(new URL('../../../playbooks/', import.meta.url))
const playbooks = readdirSync(folder).filter((name) => name.endsWith('.yml'))

/** Applies a shipped playbook to all hosts of the lab, found through its own inventory. */
async function apply(
  playbook: string,
  lab: Lab,
  onPlanned: Manner['onPlanned'] = () => Promise.resolve(true),
): Promise<readonly HostResult[]> {
  const inventory = await loadInventory([lab.inventoryFile], { cwd: '/' })
  const plays = resolvePlaybook(
    await loadPlaybook(`${folder}${playbook}`),
    (pattern, place) => selectHosts(inventory, pattern, place),
    {},
  )
  const manner: Manner = {
    mode: 'apply',
    scope: 'plan',
    allowed: new Set(),
    who: 'a test',
    signal: never,
    peakCountOf: () => null,
    historyOf: () => ({ earlier: null, points: [], nowSeconds: 0 }),
    onStage: () => {},
    onPlanned,
  }
  return await Promise.all(
    plays.flatMap(({ name, hosts }) =>
      hosts.map(({ host, wish }) => {
        const target = targetOf(lab, hostNamed(lab, host.name))
        return remedyHost(
          { label: { host: host.name, play: name }, target, remedy: wishRemedy(wish), confirmSeconds: null },
          manner,
        )
      }),
    ),
  )
}

function statusesOf(results: readonly HostResult[]): Readonly<Record<string, string>> {
  return Object.fromEntries(results.map(({ host, status }) => [host, status]))
}

test('the demo knows how its playbook ends on every host', async () => {
  const lab = await freshLab()
  const expected = lab.hosts.map(({ name, condition }) => [name, condition.relieved])
  expect(statusesOf(await apply('relieve-now.yml', lab))).toEqual(Object.fromEntries(expected))
})

test('the playbooks that ship work on every kind of host, one after the other', async () => {
  const lab = await freshLab()
  for (const playbook of playbooks.filter((name) => name !== 'notrack-web.yml')) {
    const first = await apply(playbook, lab)
    const again = statusesOf(await apply(playbook, lab))
    expect(first).toHaveLength(lab.hosts.length)
    for (const { host, status, error, findings } of first) {
      const what = `${playbook} on ${host}`
      if (['keyless', 'reinstalled', 'down'].includes(host)) expect(status, what).toBe('unreachable')
      // What these take depends on whether the playbook sets max, or timeouts alone.
      else if (!['readonly', 'netns', 'overridden'].includes(host)) {
        expect(error, what).toBeNull()
        expect(['changed', 'ok'], what).toContain(status)
        expect(again[host], `${what}, again`).toBe('ok')
        expect(
          findings.filter(({ code }) => code === 'key-missing'),
          what,
        ).toEqual([])
      }
    }
  }
})

test('a playbook for a packet filter says that the hosts of the lab have none, and leaves them as they are', async () => {
  const lab = await freshLab()
  for (const { host, status, changes, findings } of await apply('notrack-web.yml', lab)) {
    if (status === 'unreachable') continue
    expect(changes, host).toEqual([])
    expect(
      findings.map(({ code }) => code),
      host,
    ).toContain('no-firewall-tool')
  }
})

test('the inventory explains each host', async () => {
  const lab = await freshLab()
  const text = readFileSync(lab.inventoryFile, 'utf8')
  for (const { name, summary } of lab.hosts) expect(text).toContain(`# ${summary}\n        ${name}: {`)
})

test('a host whose state cannot be recorded is not changed', async () => {
  const lab = await freshLab()
  const web = hostNamed(lab, 'web01')
  const before = fingerprint(web.root)
  const results = await apply('relieve-now.yml', lab, () => Promise.resolve(false))
  expect(results.find(({ host }) => host === 'web01')).toMatchObject({
    status: 'failed',
    error: { kind: 'not_recorded', stage: 'apply' },
  })
  expect(fingerprint(web.root)).toEqual(before)
})
