import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
