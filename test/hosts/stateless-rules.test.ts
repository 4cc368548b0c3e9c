import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  answered,
  keepOpen,
  kinds,
  load,
  nftConf,
  playbookFile,
  ruleset,
  startDefaultDropHosts,
} from './default-drop-hosts.ts'
import type { RigHost } from './rig/rig.mjs'
import { runOnRig } from './run-on-rig.ts'
import type { WiredHosts } from './wired-hosts.ts'

const rulesOfNft = nftConf(['tcp dport 22 ct state new accept', 'ct state new tcp dport 8080 accept # echo'])
const web = '{port: 8080, protocol: tcp}'
const section = `stateless_rules: [${web}]`

/** The rule without its state, in what each host lists and in its file. */
const stateless = (text: string): string =>
  text
    .replaceAll('-p tcp -m state --state NEW -m tcp --dport 8080', '-p tcp -m tcp --dport 8080')
    .replaceAll('ct state new tcp dport 8080', 'tcp dport 8080')

let wired: WiredHosts
beforeAll(async () => {
  wired = await startDefaultDropHosts(rulesOfNft)
}, 60_000)
afterAll(async () => {
  await wired?.[Symbol.asyncDispose]()
})

const files = async (host: RigHost): Promise<string> =>
  (await host.exec('cat /etc/nftables.conf /etc/iptables/rules.v[46] 2>/dev/null')).stdout
const each = <T>(look: (host: RigHost) => Promise<T>): Promise<readonly T[]> =>
  Promise.all(wired.rig.hosts.map(look))
/** A table of iptables that has been looked at is there from then on, empty. */
const rules = async (host: RigHost): Promise<string> =>
  (await ruleset(host)).replaceAll(/\*raw\n(:\w+ ACCEPT \n)*COMMIT\n/g, '')

test('each rule gives way to itself without a state, in its place and in its file, and comes back', async () => {
  const before = { rules: await each(rules), files: await each(files) }
  const sessions = wired.rig.hosts.map((host) => keepOpen(wired, 'ssh', wired.ssh(host, 'cat')))
  for (const session of sessions) expect(await session.isAlive('first')).toBe(true)
  const file = playbookFile(wired, 'web', section)

  const applied = await wired.run(['apply', file])
  expect(applied.exitCode, applied.stderr).toBe(0)
  expect(applied.result.hosts.map(({ host, status }) => [host, status])).toEqual(
    kinds.map((name) => [name, 'changed']),
  )
  for (const { changes, confirmation } of applied.result.hosts) {
    for (const { kind, before: old, after, state } of changes) {
      expect(state).toBe('verified')
      if (kind === 'rule') expect(after).toBe(stateless(old ?? ''))
    }
    expect(confirmation?.state).toBe('confirmed')
  }
  // Neither a place nor a byte more than the match.
  expect(await each(rules)).toEqual(before.rules.map(stateless))
  expect(await each(files)).toEqual(before.files.map(stateless))
  expect(before.rules.map(stateless)).not.toEqual(before.rules)

  const back = await wired.run(['rollback', applied.result.run])
  expect(back.exitCode, back.stderr).toBe(0)
  expect({ rules: await each(rules), files: await each(files) }).toEqual(before)
  for (const session of sessions) {
    expect(await session.isAlive('second')).toBe(true)
    session.child.kill()
  }
}, 60_000)

test('with `notrack` no rule of ours lets the service in, none of its packets makes an entry, and a boot keeps it', async () => {
  const file = playbookFile(wired, 'both', `${section}\n  notrack: [${web}]`)
  const applied = await wired.run(['apply', file])
  expect(applied.exitCode, applied.stderr).toBe(0)
  const count = async (host: RigHost): Promise<number> =>
    Number((await host.exec('grep -c dport=8080 /proc/net/nf_conntrack')).stdout)
  for (const host of wired.rig.hosts) {
    const ours = (await rules(host)).split('\n').filter((line) => line.includes('conntrackctl-in'))
    expect(ours.filter((line) => line.includes('--dport 8080') && line.includes('ACCEPT'))).toEqual([])
    expect(ours.filter((line) => line.includes('dport 8080') && line.includes(' accept '))).toEqual([])
    const tracked = await count(host)
    expect(await answered(wired, wired.address(host), 20), host.name).toBe(20)
    expect(await count(host), host.name).toBeLessThanOrEqual(tracked)
  }

  // Booted anew, by their own files alone. The cables are gone then, with the networks of the hosts.
  for (const host of wired.rig.hosts) {
    const live = await ruleset(host)
    await host.reboot()
    const { code, stderr } = await host.exec(load[host.name] ?? '')
    expect({ code, stderr }, host.name).toMatchObject({ code: 0 })
    expect((await ruleset(host)).split('\n').toSorted(), host.name).toEqual(live.split('\n').toSorted())
  }
  const { exitCode, result } = await runOnRig(wired.rig, ['verify', file])
  expect({ exitCode, statuses: result.hosts.map(({ status }) => status) }).toEqual({
    exitCode: 0,
    statuses: kinds.map(() => 'ok'),
  })
}, 60_000)
