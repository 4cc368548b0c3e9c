import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { importSettings } from '../../../src/commands/import-settings.ts'
import { renderImported } from '../../../src/import/render-playbook.ts'
import { readSettingsLines } from '../../../src/import/settings-lines.ts'
import { sortSettings } from '../../../src/import/sort-settings.ts'
import { loadPlaybook } from '../../../src/playbook/load-playbook.ts'
import { formatProblem } from '../../../src/problem.ts'

function imported(text: string): { playbook: string; problems: string[] } {
  const { settings, others } = readSettingsLines(text, 'sysctl.conf')
  const sorted = sortSettings(settings, others)
  return {
    playbook: renderImported(sorted, ['sysctl.conf'], 'all'),
    problems: sorted.problems.map(formatProblem),
  }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'conntrackctl-import-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

describe('a how-to of old, found on many a server', () => {
  const file = 'test/cases/import/how-to.conf'

  test('becomes a playbook that is valid, and each trouble is named with its place', async () => {
    const said = { out: '', err: '' }
    const write = join(folder(), 'playbook.yml')
    const exitCode = await importSettings([file], { hosts: 'web', write }, {
      cwd: process.cwd(),
      stdout: { write: (text: string) => void (said.out += text) },
      stderr: { write: (text: string) => void (said.err += text) },
    } as never)
    expect(exitCode).toBe(0)
    expect(said.out).toBe(`${write}: 15 settings taken, 1 lines not\n`)
    expect(
      said.err
        .trim()
        .split('\n')
        .map((line) => line.slice(0, 110)),
    ).toEqual([
      `${file}:1:1: \`sys.net.ipv4.ip_conntrack_max\` is no sysctl key; write net.netfilter.nf_conntrack_max`.slice(
        0,
        110,
      ),
      `${file}:13:25: net.ipv4.tcp_timestamps = 0: open connections keep what they negotiated, but those of a host with`.slice(
        0,
        110,
      ),
      `${file}:18:1: net.netfilter.nf_conntrack_max is 131072 here and 16384 in ${file}:3 (as net.ipv4.netfilter`.slice(
        0,
        110,
      ),
    ])
    await expect(readFileSync(write, 'utf8')).toMatchFileSnapshot('../../cases/import/how-to.playbook.yml')
    const { plays } = await loadPlaybook(write)
    expect(plays).toHaveLength(1)
    await expect(
      importSettings([file], { hosts: 'web', write }, {
        cwd: process.cwd(),
        stdout: {},
        stderr: { write: () => {} },
      } as never),
    ).rejects.toThrow('the file is there already')
  })
})

test.each([
  [
    'echo “65535” > /proc/sys/net/ipv4/ip_conntrack_max',
    'max: 65535',
    ['sysctl.conf:1:6: ', 'typographic quotes'],
  ],
  ['echo 16384 > /sys/module/ip_conntrack/parameters/hashsize', 'hashsize: 16384', []],
  ['options ip_conntrack hashsize=32768 foo=1', 'hashsize: 32768', []],
  ['sysctl -w net.netfilter.nf_conntrack_tcp_loose=0', 'tcp_loose: false', ['risky-neighbour']],
  ['net/netfilter/nf_conntrack_udp_timeout=90', 'udp: 1m30s', []],
  ['-net.core.somaxconn = 4096 ', 'net.core.somaxconn: 4096', []],
  ['net.ipv4.tcp_rmem = 4096\t87380 6291456', 'net.ipv4.tcp_rmem: "4096 87380 6291456"', []],
  ['net.netfilter.nf_conntrack_max = 1000', 'max: 1000', ['less than any distribution gives']],
])('%s becomes %s', (line, expected, told) => {
  const { playbook, problems } = imported(line)
  expect(playbook).toMatch(
    new RegExp(`^ +${expected.replaceAll(/[.?*+()[\]{}|\\]/g, String.raw`\$&`)}$`, 'm'),
  )
  for (const part of told) expect(problems.join('\n')).toContain(part)
  if (told.length === 0) expect(problems).toEqual([])
})

test.each([
  ['net.netfilter.nf_conntrack_udp_timeout = 0', 'nf_conntrack_udp_timeout'],
  ['net.netfilter.nf_conntrack_max = 0', '0 means no limit'],
  ['net.netfilter.nf_conntrack_max = many', 'many'],
  ['net.netfilter.nf_conntrack_maxx = 5', 'nf_conntrack_maxx'],
  ['install nf_conntrack /bin/true', 'it assigns nothing'],
])('%s is not taken, and stands in a comment', (line, told) => {
  const { playbook } = imported(`${line}\nnet.core.somaxconn = 1\n`)
  expect(playbook).toMatch(new RegExp(`^# {3}sysctl\\.conf:1:1: .*${told}`, 'm'))
})

test('the same value twice is one setting, and both lines are named', () => {
  const { problems } = imported('net.nf_conntrack_max = 65536\nnet.netfilter.nf_conntrack_max=65536\n')
  expect(problems).toEqual([
    'sysctl.conf:2:1: net.netfilter.nf_conntrack_max is set to 65536 here and in sysctl.conf:1; one line is enough',
  ])
})

test('whatever stands in a file, the playbook is valid or there is nothing in it', async () => {
  const path = join(folder(), 'playbook.yml')
  const key = fc.constantFrom(
    'net.netfilter.nf_conntrack_max',
    'net.core.x',
    'kernel.panic',
    'a.b',
    'net/ipv4/y',
  )
  const line = fc.oneof(
    fc
      .tuple(key, fc.string({ unit: 'binary' }))
      .map(([name, value]) => `${name} = ${value.replaceAll('\n', ' ')}`),
    fc.string({ unit: 'binary' }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 6 }), async (lines) => {
      const { playbook } = imported(lines.join('\n'))
      if (!/^ {2}(?:conntrack|sysctl):/m.test(playbook)) return
      writeFileSync(path, playbook)
      await loadPlaybook(path)
    }),
    { numRuns: 200 },
  )
})
