import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const probe = readFileSync(new URL('../../../src/host/probe.sh', import.meta.url), 'utf8')

test.each([
  ['nf_conntrack_ipv4.ko', true],
  ['nf_conntrack_ipv4.ko.xz', true],
  ['nf_defrag_ipv4.ko', false],
])('a host with %s on its disk tells of nf_conntrack_ipv4: %s', (module, expected) => {
  const root = mkdtempSync(join(tmpdir(), 'conntrackctl-probe-test-'))
  try {
    const modules = join(root, 'lib/modules/4.4.0-1/kernel/net/ipv4/netfilter')
    mkdirSync(modules, { recursive: true })
    mkdirSync(join(root, 'proc/sys/kernel'), { recursive: true })
    writeFileSync(join(root, 'proc/sys/kernel/osrelease'), '4.4.0-1\n')
    writeFileSync(join(modules, module), '')
    const { stdout } = spawnSync('/bin/sh', {
      input: `${probe}\nabout\nprintf '%s' "$out"\n`,
      encoding: 'utf8',
      env: { CONNTRACKCTL_ROOT: root },
    })
    expect(stdout).toContain('kernel 4.4.0-1\n')
    expect(stdout.includes('module nf_conntrack_ipv4 available\n')).toBe(expected)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})

test.each([
  [
    'its modules are there, and conntrack is not',
    ['modules.dep', 'kernel/net/netfilter/nf_log_syslog.ko'],
    true,
  ],
  ['conntrack is there', ['modules.dep', 'kernel/net/netfilter/nf_conntrack.ko.zst'], false],
  ['conntrack of OpenWrt is there', ['modules.dep', 'nf_conntrack.ko'], false],
  ['conntrack of a backport is there', ['modules.dep', 'updates/nf_conntrack.ko'], false],
  ['no modules of this kernel are there', [], false],
])('a host that has not loaded it says that it has none to load: %s', (_, modules, expected) => {
  const root = mkdtempSync(join(tmpdir(), 'conntrackctl-probe-test-'))
  try {
    mkdirSync(join(root, 'proc/sys/kernel'), { recursive: true })
    writeFileSync(join(root, 'proc/sys/kernel/osrelease'), '6.1.0-1\n')
    for (const name of modules) {
      const path = join(root, 'lib/modules/6.1.0-1', name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, '')
    }
    const { stdout } = spawnSync('/bin/sh', {
      input: `${probe}\nabout\nprintf '%s' "$out"\n`,
      encoding: 'utf8',
      env: { CONNTRACKCTL_ROOT: root },
    })
    expect(stdout.includes('lacks conntrack\n')).toBe(expected)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
