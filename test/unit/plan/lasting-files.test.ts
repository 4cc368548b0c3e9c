import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { HostFacts } from '../../../src/host/facts.ts'
import { parseFacts } from '../../../src/host/parse-facts.ts'
import { planHost } from '../../../src/plan/plan-host.ts'
import { sizeWish } from '../../../src/plan/size-wish.ts'
import type { Wish } from '../../../src/playbook/wish.ts'

const answer = readFileSync(
  new URL('../../cases/plan/raises-max-after-hashsize-on-debian12-at-93-percent/answer.txt', import.meta.url),
  'utf8',
)
const wish: Wish = {
  play: 'p',
  max: 262_144,
  hashsize: { kind: 'buckets', buckets: 65_536 },
  sysctls: [],
  persist: true,
  conflicts: 'report',
  module: 'leave',
}

function factsOn(id: string, ...mounts: string[]): HostFacts {
  const lines = mounts.map((line, index) => `./proc/self/mounts:${index + 1}:${line}\n`).join('')
  return parseFacts(answer.replace(/^os ID=.*$/m, `os ID=${id}`).replace(/^\.\//m, `${lines}./`), 'read')
}

function planOn(facts: HostFacts, persist = true) {
  const own = { ...wish, persist }
  return planHost(sizeWish(own, facts, null), facts, new Set())
}

test('a host whose /etc is on a disk is brought to the wish', () => {
  const facts = factsOn('debian', 'rootfs / rootfs rw 0 0', '/dev/sda1 / ext4 rw,relatime 0 0')
  expect(facts.boot.etcFileSystem).toBe('ext4')
  expect(planOn(facts).verdict).toBe('possible')
})

describe('where /etc is made anew, nothing is changed, and the way of that platform is told', () => {
  test.each([
    ['nixos', 'boot.kernel.sysctl."net.netfilter.nf_conntrack_max" = 262144;', 'hashsize=65536'],
    ['guix', '("net.netfilter.nf_conntrack_max" . "262144")', 'nf_conntrack.hashsize=65536'],
    ['talos', 'machine.sysctls: {net.netfilter.nf_conntrack_max: "262144",', 'parameters: [hashsize=65536]'],
    ['bottlerocket', 'settings.kernel.sysctl."net.netfilter.nf_conntrack_max" = "262144"', '["65536"]'],
    ['cos', 'sysctl -w net.netfilter.nf_conntrack_max="262144";', 'echo 65536 >'],
    ['k3os', 'k3os.sysctls: {net.netfilter.nf_conntrack_max: "262144",', 'k3os.modules'],
    ['vyos', 'set system conntrack table-size 262144;', 'set system conntrack hash-size 65536;'],
  ])('%s', (id, ...words) => {
    const facts = factsOn(id, '/dev/sda1 / ext4 rw 0 0')
    const plan = planOn(facts)
    expect(plan).toMatchObject({ verdict: 'unsupported', changes: [] })
    const finding = plan.findings.find(({ code }) => code === 'files-do-not-last')
    for (const word of [...words, 'persist: false']) expect(finding?.hint).toContain(word)
    expect(planOn(facts, false)).toMatchObject({ verdict: 'possible' })
    expect(planOn(facts, false).changes.every(({ kind }) => kind === 'live')).toBe(true)
  })
})

describe('where /etc lasts beside an image, it is written, and the image is not forgotten', () => {
  test.each([
    ['flatcar', false, 'Ignition'],
    ['rhcos', true, 'nf_conntrack_hashsize=65536'],
    ['opensuse-microos', false, 'Combustion'],
    ['fedora', true, 'Butane'],
  ])('%s', (id, isOstree, word) => {
    const facts = factsOn(id, '/dev/sda1 / xfs rw 0 0')
    const plan = planOn({ ...facts, boot: { ...facts.boot, isOstree } })
    expect(plan.verdict).toBe('possible')
    expect(plan.changes.map(({ path }) => path)).toContain('/etc/sysctl.d/zz-conntrackctl.conf')
    const finding = plan.findings.find(({ code }) => code === 'files-not-in-image')
    expect(finding?.severity).toBe('info')
    expect(finding?.hint).toContain('net.netfilter.nf_conntrack_max=262144')
    expect(finding?.hint).toContain(word)
  })
})

describe('where /etc stands in memory', () => {
  test.each([
    ['debian', ['tmpfs / tmpfs rw 0 0']],
    ['raspbian', ['/dev/mmcblk0p2 /media/root-ro ext4 ro 0 0', 'overlayroot / overlay rw,lowerdir=x 0 0']],
    ['fedora', ['/dev/sda1 / ext4 rw 0 0', 'tmpfs /etc tmpfs rw 0 0']],
  ])('%s with %j', (id, mounts) => {
    expect(planOn(factsOn(id, ...mounts)).findings.map(({ code }) => code)).toContain('files-do-not-last')
  })

  test('Alpine in diskless mode is changed, and told to keep it', () => {
    const plan = planOn(factsOn('alpine', 'tmpfs / tmpfs rw 0 0'))
    expect(plan.verdict).toBe('possible')
    expect(plan.findings.find(({ code }) => code === 'files-need-commit')?.hint).toContain('lbu commit')
  })

  test('a container on an overlay keeps its files as long as itself', () => {
    const facts = factsOn('debian', 'overlay / overlay rw,lowerdir=x,upperdir=y 0 0')
    expect(planOn(facts).findings.map(({ code }) => code)).not.toContain('files-do-not-last')
  })
})

test('a hostile mount table is no platform', () => {
  expect(factsOn('debian', 'x / \u001B[2J rw').boot.etcFileSystem).toBeNull()
  expect(factsOn('debian', '').boot.etcFileSystem).toBeNull()
})
