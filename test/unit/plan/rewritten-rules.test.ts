import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { HostFacts } from '../../../src/host/facts.ts'
import { parseFacts } from '../../../src/host/parse-facts.ts'
import type { Change } from '../../../src/plan/change.ts'
import { afterRewriting } from '../../../src/plan/firewall/after-rewriting.ts'
import { planHost } from '../../../src/plan/plan-host.ts'
import { planRecorded } from '../../../src/plan/recorded-changes.ts'
import { sizeWish } from '../../../src/plan/size-wish.ts'
import { undo } from '../../../src/plan/undo.ts'
import type { Wish } from '../../../src/playbook/wish.ts'

const wish: Wish = {
  ...{ play: 'test', sysctls: [], persist: true, conflicts: 'report', module: 'leave' },
  stateless: [{ direction: 'in', protocol: 'tcp', ports: [80, 80], addresses: null }],
}
const facts = parseFacts(
  readFileSync('test/cases/plan/stateless-rules-in-the-kernel-and-in-saved-rules/answer.txt', 'utf8'),
  'read',
)
const planned = (host: HostFacts, asked = wish) => planHost(sizeWish(asked, host, null), host, new Set())
const { changes } = planned(facts)
const after = afterRewriting(facts, changes)
const recorded = undo(
  changes.map((change) => ({ ...change, state: 'verified' as const })),
  false,
  'R',
)

/** The host with another text instead of one, wherever it lists rules. */
function listing(host: HostFacts, from: string, to: string): HostFacts {
  if (host.firewall === null) throw new Error('no rules')
  const saved = host.firewall.saved.map((one) => ({ ...one, text: one.text.replaceAll(from, to) }))
  return { ...host, firewall: { ...host.firewall, saved } }
}
const rule = '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n'

describe('rules rewritten and put back', () => {
  test('what was planned is there afterwards, and nothing is left to plan', () => {
    expect(changes.map(({ kind }) => kind)).toEqual(['rule', 'file', 'rule', 'file'])
    expect(planned(after)).toMatchObject({ verdict: 'possible', changes: [], findings: [] })
  })

  test('without `persist` the files keep their rules', () => {
    const { changes: some } = planned(facts, { ...wish, persist: false })
    expect(some.map(({ kind }) => kind)).toEqual(['rule', 'rule'])
  })

  test('a file that alone has the state left is rewritten, without a change of the kernel', () => {
    const hosts = listing(facts, '-m state --state NEW -m tcp --dport 80', '-m tcp --dport 80')
    expect(planned(hosts).changes.map(({ path }) => path)).toEqual([
      '/etc/iptables/rules.v4',
      '/etc/iptables/rules.v6',
    ])
  })

  test('rolled back on the host as it was left, all of it is due; on the host as it was, nothing', () => {
    const back = planRecorded(recorded, after, 'refuse', '')
    expect(back.verdict).toBe('possible')
    expect(back.changes).toEqual(recorded)
    expect(back.dangers).toHaveLength(2)
    expect(planRecorded(recorded, facts, 'refuse', '')).toMatchObject({ verdict: 'possible', changes: [] })
  })

  test('rules that others have put around them do not matter', () => {
    const busy = listing(after, rule, `-A INPUT -j f2b\n${rule}-A INPUT -s 192.0.2.1/32 -j DROP\n`)
    expect(planRecorded(recorded, busy, 'refuse', '').changes).toEqual(recorded)
  })

  test('a rule that somebody has changed since is left, unless that is permitted', () => {
    const moved = listing(after, rule, '-A INPUT -p tcp -m tcp --dport 8000 -j ACCEPT\n')
    const refused = planRecorded(recorded, moved, 'refuse', 'look')
    expect(refused).toMatchObject({ verdict: 'refused', changes: [] })
    expect(refused.findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'changed-since: ip6tables-legacy rules with a state have been changed since',
      'changed-since: iptables-legacy rules with a state have been changed since',
    ])
    const permitted = planRecorded(recorded, moved, 'overwrite', '')
    const rules = (some: readonly Change[]): readonly Change[] => some.filter(({ kind }) => kind === 'rule')
    expect(rules(permitted.changes).map(({ before }) => before)).toEqual(
      Array(2).fill('filter INPUT: # gone\n'),
    )
  })
})
