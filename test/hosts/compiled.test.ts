import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runProgram } from '../golden/run-program.ts'
import { startHosts } from './rig/rig.mjs'
import { runOnRig } from './run-on-rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-compiled-'))
const playbook = join(folder, 'playbook.yml')
const script = join(folder, 'script.sh')
writeFileSync(
  playbook,
  `- name: Everything at once
  hosts: all
  conntrack:
    max: {at_least: 131072, per_gib: 40000, per_core: 30000, memory_at_most: 10%}
    hashsize: max / 4
    timeouts: {tcp_established: 1h, udp: 20s}
    options: {tcp_be_liberal: yes}
  sysctl: {net.ipv4.tcp_fin_timeout: 30}
`,
)
afterAll(() => rmSync(folder, { recursive: true }))

const shells = ['dash', 'bash', 'busybox sh', 'mksh', 'ksh93']

test('in every shell, on real hosts of a kind, a compiled script leaves what apply leaves', async () => {
  const compiled = await runProgram(['compile', playbook, '--host', 'x', '--output', script])
  expect(compiled).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  const text = readFileSync(script, 'utf8')
  const kinds = ['standard', 'legacy', 'no-module', 'container', 'read-only'] as const
  await using rig = await startHosts(
    kinds.flatMap((kind) => [
      { name: `${kind}-apply`, kind, memoryBytes: 8 * 2 ** 30 },
      ...(kind === 'standard' ? shells : ['sh']).map((_, index) => ({
        name: `${kind}-script${index}`,
        kind,
        memoryBytes: 8 * 2 ** 30,
      })),
    ]),
  )
  await runOnRig(rig, ['apply', playbook, '--limit', '*-apply'])
  /** All that matters of a host: our files with mode and text, and every live value. */
  const left = async (name: string) =>
    Object.fromEntries(
      Object.entries(await rig.host(name).snapshot())
        .filter(([path]) => /conntrackctl|^\/(?:proc|sys)|nf_conntrack|ip_conntrack/.test(path))
        .map(([path, state]) => [path, state.replaceAll(/\b\d{9,}(?:\.\d+)?\b/g, 'time')]),
    )
  for (const kind of kinds) {
    const expected = await left(`${kind}-apply`)
    for (const [index, shell] of (kind === 'standard' ? shells : ['sh']).entries()) {
      const host = rig.host(`${kind}-script${index}`)
      // By base64, so that no shell on the way has a say.
      const coded = Buffer.from(text).toString('base64')
      const ended = await host.exec(
        `echo '${coded}' | base64 -d >/tmp/script.sh; ${shell} /tmp/script.sh; code=$?; rm /tmp/script.sh; exit $code`,
      )
      const shown = `${kind}, ${shell}: ${ended.stdout}${ended.stderr}`
      expect(ended.code, shown).toBe(['container', 'read-only'].includes(kind) ? 2 : 0)
      expect(await left(host.name), shown).toEqual(expected)
    }
  }
})

test('shellcheck has nothing to say of a compiled script', () => {
  // What is reached through `main` only, shellcheck takes for unreachable.
  execFileSync('shellcheck', [
    '-s',
    'sh',
    '-S',
    'warning',
    '-e',
    'SC1090,SC2030,SC2031,SC2034,SC2154,SC2086,SC2317,SC3013',
    script,
  ])
})
