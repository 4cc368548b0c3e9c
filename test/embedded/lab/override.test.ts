import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { applyChanges } from '../../../src/host/apply-changes.ts'
import { readHost } from '../../../src/host/read-host.ts'
import { readingFor } from '../../../src/host/reading.ts'
import type { Condition } from '../../../src/lab/condition.ts'
import { conditions } from '../../../src/lab/conditions.ts'
import { planHost } from '../../../src/plan/plan-host.ts'
import { sizeWish } from '../../../src/plan/size-wish.ts'
import type { Wish } from '../../../src/playbook/wish.ts'
import { openSession } from '../../../src/ssh/open-session.ts'
import { freshLab, never, targetOf, plainly } from './fresh-lab.ts'

const wish: Wish = {
  play: 'override',
  max: 262_144,
  hashsize: { kind: 'max_divided_by', divisor: 4 },
  sysctls: [],
  persist: true,
  conflicts: 'override',
  module: 'leave',
}

/** Debian without systemd, where /etc/sysctl.conf is read last. */
function host(files: Condition['files']): Condition {
  const [web] = conditions
  if (web === undefined) throw new Error('there are no conditions')
  return {
    ...web,
    name: 'old',
    hosts: 1,
    init: 'none',
    files: {
      '/etc/init.d/procps': { text: '#!/bin/sh\n', mode: 0o755 },
      '/etc/rcS.d/S10procps': '',
      ...files,
    },
  }
}

async function bring(files: Condition['files'], before?: (root: string) => void) {
  const lab = await freshLab({ conditions: [host(files)] })
  const [only] = lab.hosts
  if (only === undefined) throw new Error('the lab has no host')
  await using session = await openSession(targetOf(lab, only), never)
  const reading = readingFor(wish)
  const facts = await readHost(session, reading)
  const sized = sizeWish(wish, facts, null)
  const plan = planHost(sized, facts, new Set())
  before?.(only.root)
  const applied = await applyChanges(session, plainly(plan.changes), reading)
  const left = planHost(sized, applied.facts, new Set())
  const read = (path: string): string => readFileSync(join(only.root, path), 'utf8')
  return { root: only.root, plan, applied, left, read }
}

describe('conflicts: override', () => {
  const sysctlConf = '# of the wiki\r\nnet.nf_conntrack_max = 1000\r\nvm.swappiness = 10'

  test('lines are commented out, all other bytes stay, and the file is kept as it was', async () => {
    const { root, plan, applied, left, read } = await bring({
      '/etc/sysctl.conf': { text: sysctlConf, mode: 0o640 },
      '/etc/modprobe.d/tuning.conf': 'options nf_conntrack hashsize=512 acct=1\noptions other x=1\n',
      '/etc/sysctl.d/zzz-local.conf': 'net/netfilter/nf_conntrack_max=2000\n',
    })
    expect(plan.findings.filter(({ severity }) => severity !== 'info')).toEqual([])
    expect(applied.failure).toBeNull()
    expect(left.changes).toEqual([])
    expect(left.findings.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(read('/etc/sysctl.conf')).toBe(
      '# of the wiki\r\n# disabled by conntrackctl: net.nf_conntrack_max = 1000\r\nvm.swappiness = 10',
    )
    expect(read('/etc/sysctl.conf.conntrackctl-orig')).toBe(sysctlConf)
    for (const path of ['/etc/sysctl.conf', '/etc/sysctl.conf.conntrackctl-orig'])
      expect(statSync(join(root, path)).mode & 0o777).toBe(0o640)
    expect(read('/etc/modprobe.d/tuning.conf')).toBe(
      '# disabled by conntrackctl: options nf_conntrack hashsize=512 acct=1\noptions nf_conntrack acct=1\noptions other x=1\n',
    )
    expect(read('/etc/sysctl.d/zzz-local.conf')).toBe(
      '# disabled by conntrackctl: net/netfilter/nf_conntrack_max=2000\n',
    )
  })

  test('a line whose errors are ignored, `-key = value`, is taken out like any other', async () => {
    const lines = [
      '-net.netfilter.nf_conntrack_max = 1000',
      ' -net/nf_conntrack_max=2000',
      '-vm.swappiness = 10',
    ]
    const { root, plan, applied, left, read } = await bring({
      '/etc/sysctl.conf': `${lines.join('\n')}\n`,
    })
    expect(plan.findings.filter(({ severity }) => severity !== 'info')).toEqual([])
    expect(applied.failure).toBeNull()
    expect(left.changes).toEqual([])
    expect(left.findings.filter(({ severity }) => severity === 'error')).toEqual([])
    const disabled = '# disabled by conntrackctl: '
    expect(read('/etc/sysctl.conf')).toBe(`${disabled}${lines[0]}\n${disabled}${lines[1]}\n${lines[2]}\n`)
    expect(readFileSync(join(root, '/etc/sysctl.conf.conntrackctl-orig'), 'utf8')).toBe(
      `${lines.join('\n')}\n`,
    )
  })

  test('a failure in the middle puts every byte back', async () => {
    const { root, applied, read } = await bring(
      {
        '/etc/sysctl.conf': sysctlConf,
        '/etc/modprobe.d/tuning.conf': 'options nf_conntrack hashsize=512\n',
      },
      (folder) => {
        // Somebody else edits the last file between reading and writing.
        const file = join(folder, '/etc/modprobe.d/tuning.conf')
        const text = readFileSync(file, 'utf8')
        writeFileSync(file, `${text}# mine\n`)
      },
    )
    expect(applied.failure?.kind).toBe('moved')
    expect(read('/etc/sysctl.conf')).toBe(sysctlConf)
    expect(read('/etc/modprobe.d/tuning.conf')).toBe('options nf_conntrack hashsize=512\n# mine\n')
    expect(existsSync(join(root, '/etc/sysctl.conf.conntrackctl-orig'))).toBe(false)
    expect(existsSync(join(root, '/etc/sysctl.d/zz-conntrackctl.conf'))).toBe(false)
  })

  test('what is no text, or too long, is named and left alone', async () => {
    const binary = 'net.netfilter.nf_conntrack_max = 7\n\0\u0001\n'
    const long = `net.netfilter.nf_conntrack_max = 8\n${'# filler\n'.repeat(8000)}`
    const { plan, read } = await bring({
      '/etc/sysctl.d/10-binary.conf': binary,
      '/etc/sysctl.d/11-long.conf': long,
    })
    expect(
      plan.findings.filter(({ code }) => code === 'conflict-not-overridden').map(({ message }) => message),
    ).toEqual([
      '/etc/sysctl.d/11-long.conf:1 sets net.netfilter.nf_conntrack_max to 8, and was not commented out: it is longer than 64 KiB or 5000 lines',
    ])
    // What a file with NULs sets is not known, and it comes before ours.
    expect(read('/etc/sysctl.d/10-binary.conf')).toBe(binary)
  })
})

test('our file moves behind a file that sorts behind it, and stands under one name only', async () => {
  const lab = await freshLab({
    conditions: [
      {
        ...host({}),
        init: 'systemd 252',
        files: {
          '/etc/sysctl.d/zzz-local.conf': 'net.netfilter.nf_conntrack_max = 1000\n',
          '/etc/sysctl.d/zz-conntrackctl.conf':
            '# Written by conntrackctl. Change the playbook, not this file.\nnet.ipv4.tcp_fin_timeout = 30\n',
        },
      },
    ],
  })
  const [only] = lab.hosts
  if (only === undefined) throw new Error('the lab has no host')
  const reported: Wish = { ...wish, conflicts: 'report' }
  await using session = await openSession(targetOf(lab, only), never)
  const reading = readingFor(reported)
  const facts = await readHost(session, reading)
  const sized = sizeWish(reported, facts, null)
  const plan = planHost(sized, facts, new Set())
  const applied = await applyChanges(session, plainly(plan.changes), reading)
  expect(applied.failure).toBeNull()
  expect(planHost(sized, applied.facts, new Set()).changes).toEqual([])
  expect(existsSync(join(only.root, '/etc/sysctl.d/zz-conntrackctl.conf'))).toBe(false)
  expect(readFileSync(join(only.root, '/etc/sysctl.d/zzzzzz-conntrackctl.conf'), 'utf8')).toBe(
    '# Written by conntrackctl. Change the playbook, not this file.\nnet.ipv4.tcp_fin_timeout = 30\nnet.netfilter.nf_conntrack_max = 262144\n',
  )
})
