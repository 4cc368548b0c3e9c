import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RigHost } from './rig/rig.mjs'
import { startWiredHosts, type WiredHosts } from './wired-hosts.ts'

/** How these tests show what they saw. */
const show = (line: string): void => void process.stdout.write(`  ${line}\n`)

/** Hides programs from a host: what lies there instead may not be executed. */
const hide = (...names: readonly string[]): string =>
  names
    .map((name) => `for f in $(which -a ${name}); do mount --bind /dev/null "$(readlink -f "$f")"; done`)
    .join('\n')
const missing: Readonly<Record<string, string>> = {
  perl: '',
  python: hide('perl'),
  tool: hide('perl', 'python3', 'python'),
  none: hide('perl', 'python3', 'python', 'conntrack'),
}

let wired: WiredHosts
const hostCalled = (name: string): RigHost => wired.rig.host(name)

beforeAll(async () => {
  wired = await startWiredHosts(Object.keys(missing).map((name) => ({ name })))
}, 60_000)
afterAll(async () => {
  await wired?.[Symbol.asyncDispose]()
})

/** Entries of connections to port 443 that nobody uses, and of others that were used a moment ago, made by netlink. */
async function fill(host: RigHost, idle: number, used: number): Promise<void> {
  const { code, stdout, stderr } = await host.exec(`
    iptables-legacy -C INPUT -m conntrack --ctstate NEW -j ACCEPT 2>/dev/null || iptables-legacy -A INPUT -m conntrack --ctstate NEW -j ACCEPT
    conntrack -D -p tcp --dport 443 >/dev/null 2>&1
    awk -v idle=${idle} -v all=${idle + used} 'BEGIN { for (i = 1; i <= all; i++) print "-I -p tcp --orig-src 10.1." int(i / 250) "." i % 250 + 1 " --orig-dst 10.9.9.9 --sport " 20000 + i " --dport 443 --state ESTABLISHED -u SEEN_REPLY,ASSURED --timeout " (i <= idle ? 300000 : 432000) }' >/tmp/batch
    conntrack -R /tmp/batch >/dev/null && conntrack -L -p tcp --dport 443 2>/dev/null | grep -c src=`)
  expect({ code, stderr, count: Number(stdout) }).toEqual({ code: 0, stderr: '', count: idle + used })
}

/** Of the 300000 s that the entries were made with, some have passed. */
function timeLeft(text: string, seconds: string): string {
  return Number(seconds) > 299_000 && Number(seconds) <= 300_000 ? ' 300000 s' : text
}

const count = async (host: RigHost): Promise<number> =>
  Number((await host.exec('grep -c "dport=443 " /proc/net/nf_conntrack')).stdout)

function playbook(filter: string): string {
  const file = `${wired.rig.folder}/drain.yml`
  writeFileSync(file, `- hosts: all\n  drain: [${filter}]\n`)
  return file
}

test('what is idle goes and what is used stays, whatever the host has to delete with', async () => {
  for (const host of wired.rig.hosts) await fill(host, 400, 30)
  for (const host of wired.rig.hosts) await host.exec(missing[host.name] ?? '')
  const file = playbook('{protocol: tcp, state: ESTABLISHED, idle: 1h}')
  const planned = await wired.run(['plan', file])
  const seen = planned.result.hosts.map(({ host, changes }) => [
    host,
    ...changes.map(({ before, reason }) => `${before}: ${reason}`.replace(/ (\d+) s$/, timeLeft)),
  ])
  const reason =
    'a shortened timeout does not touch entries that exist; by themselves they would be gone in 300000 s'
  expect(seen).toEqual([
    ['perl', `400: ${reason}`],
    ['python', `400: ${reason}`],
    ['tool', `400: ${reason}`],
    ['none'],
  ])

  const { result } = await wired.run(['apply', file])
  for (const { host, status, findings } of result.hosts)
    show(`${host}: ${status}: ${findings.map(({ message }) => message).join('; ')}`)
  expect(result.hosts.map(({ host, status, findings }) => [host, status, findings[0]?.code])).toEqual([
    ['perl', 'changed', 'drained'],
    ['python', 'changed', 'drained'],
    ['tool', 'changed', 'drained'],
    ['none', 'unsupported', 'no-conntrack-tool'],
  ])
  for (const name of ['perl', 'python', 'tool']) {
    const { findings = [] } = result.hosts.find(({ host }) => host === name) ?? {}
    expect(findings[0]?.message).toBe('400 entries tcp ESTABLISHED idle for 3600 s deleted')
    expect(await count(hostCalled(name)), name).toBe(30)
  }
  expect(await count(hostCalled('none'))).toBe(430)
}, 120_000)

test('our own connection is left, also where the filter fits it', async () => {
  const host = hostCalled('perl')
  // Of entries that are made before anybody listens the kernel tells nothing.
  await host.exec(`
    (conntrack -E -e DESTROY -p tcp --dport 22 >/tmp/events 2>/dev/null & echo $! >/tmp/listener)
    sleep 0.5
    sed 's/--dport 443/--dport 22/; 101q' /tmp/batch | conntrack -R - >/dev/null 2>&1`)
  const { exitCode, result, stderr } = await wired.run([
    ...['apply', playbook('{protocol: tcp, port: 22}'), '-l', 'perl', '--allow', 'drain-in-use'],
  ])
  await host.exec('kill $(cat /tmp/listener)')
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  expect(result.hosts[0]?.findings[0]?.message).toMatch(/^\d+ entries tcp to port 22 deleted/)
  const destroyed = (await host.readFile('/tmp/events')).split('\n').filter((line) => line.includes('src='))
  expect(destroyed.filter((line) => line.includes(' src=10.1.'))).toHaveLength(101)
  // Connections of the run before may have been closed; ours is not, and is established.
  expect(destroyed.filter((line) => line.includes('10.99.') && line.includes('ESTABLISHED'))).toEqual([])
}, 60_000)

test('an entry that is gone or used since it was read ends nothing, and is counted apart', async () => {
  const made = `
    conntrack -D -d 10.9.9.8 >/dev/null 2>&1; conntrack -D -f ipv6 -d fd00::1 >/dev/null 2>&1
    conntrack -I -p tcp -s 10.0.0.1 -d 10.9.9.8 --sport 1 --dport 443 --state ESTABLISHED -t 5000 -u ASSURED,SEEN_REPLY
    conntrack -I -p tcp -s 2001:db8::5 -d fd00::1 --sport 5 --dport 443 --state TIME_WAIT -t 100 -u ASSURED,SEEN_REPLY
    conntrack -I -p icmp -s 10.0.0.1 -d 10.9.9.8 --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 100
    conntrack -I -w 5 -p udp -s 10.0.0.1 -d 10.9.9.8 --sport 1 --dport 2 -t 100
    conntrack -I -p tcp -s 10.0.0.2 -d 10.9.9.8 --sport 2 --dport 443 --state ESTABLISHED -t 5000 -u ASSURED,SEEN_REPLY
    conntrack -I -p tcp -s 10.0.0.3 -d 10.9.9.8 --sport 2 --dport 443 --state FIN_WAIT -t 50 -u ASSURED,SEEN_REPLY`
  const lines = [
    '2 6 10.0.0.1 10.9.9.8 1 443 - - 3 5000',
    // Never there.
    '2 6 10.0.0.9 10.9.9.8 9 443 - - 3 5000',
    '10 6 2001:0db8:0000:0000:0000:0000:0000:0005 fd00::1 5 443 - - 7 100',
    '2 1 10.0.0.1 10.9.9.8 8 0 77 - - 100',
    '2 17 10.0.0.1 10.9.9.8 1 2 - 5 - 100',
    // Its time began anew; it goes on to its end.
    '2 6 10.0.0.2 10.9.9.8 2 443 - - 3 4000',
    '2 6 10.0.0.3 10.9.9.8 2 443 - - 3 4000',
    'rest 7',
  ]
  for (const [name, run, file] of [
    ['perl', 'perl -e', 'delete-entries.pl'],
    ['perl', 'python3 -c', 'delete-entries.py'],
  ] as const) {
    const text = readFileSync(new URL(`../../src/host/${file}`, import.meta.url), 'utf8')
    const host = hostCalled(name)
    await host.exec(`cat >/tmp/program <<'end'\n${text}end\n${made}`)
    const { stdout, stderr } = await host.exec(
      `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} | ${run} "$(cat /tmp/program)"`,
    )
    expect({ stdout, stderr }).toEqual({ stdout: '4 3 7 0\n', stderr: '' })
    const left = await host.exec('grep -h -o "src=[^ ]* dst=10.9.9.8 sport=[^ ]*" /proc/net/nf_conntrack')
    expect(left.stdout.trim().split('\n').toSorted()).toEqual([
      'src=10.0.0.2 dst=10.9.9.8 sport=2',
      'src=10.0.0.3 dst=10.9.9.8 sport=2',
    ])
  }
}, 60_000)

test('ten thousand entries take seconds, and what they cost is said', async () => {
  const host = hostCalled('perl')
  await fill(host, 10_000, 0)
  const begun = performance.now()
  const { exitCode, result } = await wired.run([
    ...['apply', playbook('{protocol: tcp, state: ESTABLISHED, idle: 1h}'), '-l', 'perl'],
  ])
  const seconds = (performance.now() - begun) / 1000
  expect({ exitCode, message: result.hosts[0]?.findings[0]?.message }).toEqual({
    exitCode: 0,
    message: '10000 entries tcp ESTABLISHED idle for 3600 s deleted',
  })
  expect(await count(host)).toBe(0)
  expect(seconds).toBeLessThan(30)
  show(`10000 entries deleted in ${seconds.toFixed(1)} s, with nine pauses of 0.2 s`)
}, 60_000)
