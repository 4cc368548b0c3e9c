import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { splitShellWords } from '../../src/inventory/shell-words.ts'
import { startWiredHosts, type WiredHosts } from './wired-hosts.ts'

const page = new URL('../../docs/commands-you-know.md', import.meta.url).pathname
const table = /(<!-- from the test; .* -->\n)[\s\S]*?(<!-- end -->)/
const max = '/proc/sys/net/netfilter/nf_conntrack_max'
const oldMax = '/proc/sys/net/ipv4/ip_conntrack_max'
const hashsize = '/sys/module/nf_conntrack/parameters/hashsize'

const said = `Jul 31 18:41:00 www kernel: nf_conntrack: table full, dropping packet.
Jul 31 18:41:06 www kernel: nf_conntrack: table full, dropping packet.
`
const rules = (icmp: string): string => `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p ${icmp} -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m tcp --dport 80 -j ACCEPT
COMMIT
`
/** Lays entries into a table, a second of time for thousands of them. */
const fill = (count: number): string =>
  `seq ${count} | awk '{print "-A -p tcp -s 115.0." int($1 / 200) % 200 "." $1 % 200 + 1 " -d 115.0.0.47 --sport " 20000 + $1 " --dport 3306 --state ESTABLISHED --timeout 431990 --status ASSURED"}' >/root/entries && conntrack -R /root/entries`

let wired: WiredHosts

beforeAll(async () => {
  wired = await startWiredHosts([
    {
      name: 'www',
      max: 65_536,
      hashsize: 8192,
      count: 61_203,
      memoryBytes: 2 ** 29,
      files: {
        '/var/log/messages': said,
        '/etc/iptables/rules.v4': rules('icmp'),
        '/etc/iptables/rules.v6': rules('ipv6-icmp'),
        '/etc/systemd/system/multi-user.target.wants/netfilter-persistent.service': {
          link: '/lib/systemd/system/netfilter-persistent.service',
        },
      },
    },
    { name: 'old', kind: 'legacy', max: 32_768, hashsize: 8192, count: 20_000 },
    { name: 'small', max: 32_768, hashsize: 8192, count: 20_000, memoryBytes: 2 ** 25 },
  ])
  const load = 'iptables-nft-restore /etc/iptables/rules.v4 && ip6tables-nft-restore /etc/iptables/rules.v6'
  for (const [name, script] of [
    ['www', `${load} && ${fill(2000)}`],
    ['small', fill(20_000)],
  ] as const)
    expect(await wired.rig.host(name).exec(script)).toMatchObject({ code: 0 })
}, 60_000)
afterAll(async () => {
  await wired?.[Symbol.asyncDispose]()
})

/** Runs a line of ours in the folder of the playbooks, as somebody types it but for the login. */
async function ours(line: string): Promise<{ code: number; text: string }> {
  const split = splitShellWords(line)
  if (!split.ok) throw new Error(split.what)
  const [, ...words] = split.words.map(({ text }) => text)
  const { folder, identityFile } = wired.rig
  const reach =
    words[0] === 'import'
      ? []
      : [
          ...['-i', join(folder, 'wired.ini'), '-u', 'root', '--private-key', identityFile],
          ...['--ssh-common-args', `-o UserKnownHostsFile=${folder}/wired_known_hosts`],
          ...(words[0] === 'watch' ? [] : ['--state-dir', join(folder, 'state')]),
        ]
  const program = wired.spawn('sh', [
    '-c',
    'cd "$1" && shift && exec "$@"',
    'sh',
    folder,
    process.execPath,
    new URL('../../dist/cli.js', import.meta.url).pathname,
    ...words,
    ...reach,
  ])
  let text = ''
  for (const stream of [program.stdout, program.stderr]) stream?.on('data', (data) => (text += String(data)))
  const [code] = (await once(program, 'close')) as [number]
  return { code, text }
}

const reads = async (host: string, path: string): Promise<string> =>
  (await wired.rig.host(host).readFile(path)).trim()

interface Row {
  /** What those pages have, as they have it. */
  readonly known: string
  /** The line of a play that it takes. */
  readonly play?: string
  readonly hosts?: string
  readonly line: string
  readonly code: number
  /** What of the output, or of the host afterwards, shows that it is so. */
  readonly seen: RegExp
  /** Read on the hosts afterwards, told behind what was seen. */
  readonly after?: () => Promise<string>
}

const rows: readonly Row[] = [
  {
    known: 'less /var/log/messages',
    line: 'conntrackctl check www',
    code: 10,
    seen: /a full table in \/var\/log\/messages, first/,
  },
  {
    known: 'cat /proc/sys/net/ipv4/ip_conntrack_max',
    line: 'conntrackctl check old',
    code: 0,
    seen: /old: .* entries, \d+ free/,
  },
  {
    known: 'watch -d cat /proc/sys/net/netfilter/nf_conntrack_count',
    line: 'conntrackctl watch www --once',
    code: 0,
    seen: /www.*61,203 .*65,536/,
  },
  {
    known: 'cat /proc/net/nf_conntrack',
    line: 'conntrackctl diagnose www',
    code: 0,
    seen: /^ +states +tcp ESTABLISHED/m,
  },
  {
    known: 'echo 32768 > /proc/sys/net/nf_conntrack_max',
    play: 'conntrack: {max: 32768}',
    hosts: 'www',
    line: 'conntrackctl apply',
    code: 6,
    seen: /refused_by_guard.*/,
    after: async () => `max of www stays ${await reads('www', max)}`,
  },
  {
    known: 'echo 131072 > /proc/sys/net/ipv4/ip_conntrack_max',
    play: 'conntrack: {max: 131072, hashsize: 8192}',
    hosts: 'www:old',
    line: 'conntrackctl apply',
    code: 0,
    seen: /nf_conntrack_max +\d+\S* -> 131072/,
    after: async () =>
      `then \`cat\` says ${await reads('www', max)} on www, ${await reads('old', oldMax)} on old`,
  },
  {
    known: 'echo 16384 > /sys/module/ip_conntrack/parameters/hashsize',
    play: 'conntrack: {max: 131072, hashsize: 16384}',
    hosts: 'www:old',
    line: 'conntrackctl apply',
    code: 0,
    seen: /hashsize +8192 -> 16384/,
    after: async () =>
      `then \`cat\` says ${await reads('www', hashsize)} on www, ${await reads('old', hashsize.replace('nf_', 'ip_'))} on old`,
  },
  {
    known: 'cat "0" > /proc/sys/net/ipv4/ip_conntrack_max',
    play: 'conntrack: {max: 0}',
    hosts: 'www:old',
    line: 'conntrackctl apply',
    code: 6,
    seen: /a max of 0 is no limit: .*/,
    after: async () => `max of www stays ${await reads('www', max)}`,
  },
  {
    known: 'vim /etc/sysctl.conf',
    line: 'conntrackctl import sysctl.conf --hosts www --write mine.yml',
    code: 0,
    seen: /15 settings taken/,
    after: async () => {
      // The rest of that file is for a machine, and these hosts have its kernel in common.
      const file = join(wired.rig.folder, 'mine.yml')
      const text = readFileSync(file, 'utf8')
      writeFileSync(file, text.replace(/.*\n.*kernel\.panic.*\n/, ''))
      return 'typing errors and contradictions pointed out by line'
    },
  },
  {
    known: 'sysctl -p',
    line: 'conntrackctl apply mine.yml --allow risky-neighbour',
    code: 0,
    seen: /tcp_timeout_established +\d+ -> 300/,
    after: async () =>
      `then \`cat\` says ${await reads('www', '/proc/sys/net/ipv4/tcp_fin_timeout')} for tcp_fin_timeout`,
  },
  {
    known: 'reboot, and look again',
    line: 'conntrackctl verify mine.yml',
    code: 0,
    seen: /at boot +as wished: all \d+ keys/,
  },
  {
    known: 'lsmod \\| grep conntrack; rmmod nf_conntrack_ftp',
    play: 'modules: {unload: [nf_conntrack_ftp]}',
    hosts: 'www',
    line: 'conntrackctl plan',
    code: 2,
    seen: /this kernel has conntrack built in, and no modules/,
  },
  {
    known:
      '-A INPUT -m state --state NEW -m tcp -p tcp --dport 80 -j ACCEPT → -A INPUT -m tcp -p tcp --dport 80 -j ACCEPT',
    play: 'stateless_rules: [{port: 80, protocol: tcp}]',
    hosts: 'www',
    line: 'conntrackctl apply',
    code: 0,
    seen: /www: changed/,
    after: async () => {
      const { stdout } = await wired.rig.host('www').exec('iptables-nft-save -t filter')
      const [rule = ''] = /-A INPUT.*--dport 80.*/.exec(stdout) ?? []
      return `the rule in force: \`${rule}\``
    },
  },
  {
    known: 'iptables -t raw -A PREROUTING -p tcp --dport 80 -j NOTRACK',
    play: 'notrack: [{port: 80, protocol: tcp}]',
    hosts: 'www',
    line: 'conntrackctl apply',
    code: 0,
    seen: /www: changed/,
    after: async () => {
      const { stdout } = await wired.rig.host('www').exec('iptables-nft-save -t raw')
      const [rule = ''] = /-A PREROUTING.*--dport 80.*/.exec(stdout) ?? []
      return `the rule in force: \`${rule}\``
    },
  },
  {
    known: 'a balancer (L4), and more servers',
    line: 'conntrackctl diagnose small',
    code: 0,
    seen: /2 hosts of this size behind a balancer/,
  },
]

const cell = (text: string): string => text.replaceAll(/(?<!\\)\|/g, '\\|')

test('each does here what it does there, and the page tells what was seen', async () => {
  copyFileSync('test/cases/import/how-to.conf', join(wired.rig.folder, 'sysctl.conf'))
  const lines: string[] = []
  for (const [index, { known, play, hosts, line, code, seen, after }] of rows.entries()) {
    const file = `play-${index}.yml`
    if (play !== undefined)
      writeFileSync(join(wired.rig.folder, file), `- hosts: ${hosts ?? 'all'}\n  ${play}\n`)
    const { code: found, text } = await ours(play === undefined ? line : `${line} ${file}`)
    expect(found, `${known}: ${text}`).toBe(code)
    const [what] = seen.exec(text) ?? []
    expect(what, `${known}: ${text}`).toBeDefined()
    const told = [what?.replaceAll(/ {2,}/g, ' ').trim(), after && (await after())].filter(Boolean).join('; ')
    const own = play === undefined ? `\`${line}\`` : `\`${line} play.yml\`, \`${cell(play)}\``
    lines.push(`| \`${cell(known)}\` | ${own} | ${cell(told)} | ${code} |`)
  }
  const all = [
    '| you know | here | seen | status |',
    '| --- | --- | --- | --- |',
    ...lines.map((line) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;')),
  ].join('\n')
  const text = readFileSync(page, 'utf8').replace(
    table,
    (_, begin: string, end: string) => `${begin}\n${all}\n\n${end}`,
  )
  await expect(text).toMatchFileSnapshot(page)
  console.log(`${lines.length} of ${rows.length} commands of how-tos have theirs here`)
}, 120_000)
