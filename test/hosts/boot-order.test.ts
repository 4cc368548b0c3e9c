import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BootFile, BootSystem } from '../../src/kernel/boot/boot-system.ts'
import { predictBoot } from '../../src/kernel/boot/predict-boot.ts'
import { variableKey } from '../../src/kernel/boot/variables.ts'

/** How many file sets; each is applied by all programs. */
const setCount = 300
const seed = 20_261_122

/** Keys that are real and the namespace's own, with a value to begin with. */
const timeouts = [
  'generic_timeout',
  'icmp_timeout',
  'udp_timeout',
  'udp_timeout_stream',
  'tcp_timeout_close',
].map((name, index) => ({ path: `net/netfilter/nf_conntrack_${name}`, begin: 1000 + index }))
const switches = ['tcp_loose', 'tcp_be_liberal', 'log_invalid'].map((name) => ({
  path: `net/netfilter/nf_conntrack_${name}`,
  begin: 0,
}))
const standIns = [
  { path: 'net/netfilter/nf_conntrack_max', begin: 7 },
  { path: 'net/netfilter/nf_conntrack_buckets', begin: 9 },
]
const neighbours = [{ path: 'net/ipv4/tcp_fin_timeout', begin: 61 }]
const keys = [...timeouts, ...switches, ...standIns, ...neighbours]

type SetFile = {
  readonly folder: 'etc.d' | 'run.d' | 'local.d' | 'usr.d' | 'sysctl.conf'
  readonly name: string
  readonly kind: 'file' | 'masked' | 'dangling' | 'directory' | 'link'
  readonly text: string
}

const folders = {
  'etc.d': '/etc/sysctl.d',
  'run.d': '/run/sysctl.d',
  'local.d': '/usr/local/lib/sysctl.d',
  'usr.d': '/usr/lib/sysctl.d',
} as const

/** Often the same ones: whether a line repeats a value or changes it makes a difference. */
const plain = fc.oneof(
  fc.integer({ min: 1, max: 400 }).map((n) => String(n * 512)),
  fc.constantFrom('512', '1024', '1536'),
)
const odd = fc.constantFrom(
  '777 # why',
  '888 ; x',
  '5 6',
  '0x10',
  '010',
  '08',
  'abc',
  '',
  '-5',
  '+5',
  '1.5',
  '1e3',
  '999999999999',
  '99999999999999999999999',
  '0x',
  '0xfg',
  '"30"',
  '30s',
  '3\t4',
  '1=2',
  '12\u00a0',
  '0',
  '00',
  '1',
)
const blanks = fc.constantFrom('', '', ' ', '  ', '\t')

/** A key as somebody may write it. */
function spelled(path: string): fc.Arbitrary<string> {
  const dotted = path.replaceAll('/', '.')
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(dotted) },
    { weight: 3, arbitrary: fc.constant(path) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        `/${path}`,
        path.replace('/', '//'),
        dotted.replace('.', '..'),
        dotted.replace(/\.(?=nf)/, '/'),
        path.replace(/\/(?=nf)/, '.'),
        `/proc/sys/${path}`,
        dotted.toUpperCase(),
        `${dotted}.`,
      ),
    },
  )
}

/** With a value that only a real file can judge. */
const judged = fc
  .constantFrom(...timeouts, ...switches)
  .chain(({ path }) => fc.tuple(spelled(path), fc.oneof(plain, odd)))
const named = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(...timeouts, ...switches)
      .chain(({ path }) => fc.tuple(spelled(path), fc.oneof(plain, odd))),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(
        'net/netfilter/nf_conntrack_max',
        'net/nf_conntrack_max',
        'net/netfilter/nf_conntrack_buckets',
        'net/ipv4/netfilter/ip_conntrack_max',
      )
      .chain((path) => fc.tuple(spelled(path), plain)),
  },
  { weight: 1, arbitrary: fc.tuple(spelled('net/ipv4/tcp_fin_timeout'), plain) },
)
const globs = fc.constantFrom(
  'net.netfilter.nf_conntrack_*',
  'net/netfilter/*',
  'net.*.nf_conntrack_udp_timeout*',
  'net.netfilter.nf_conntrack_udp_timeou?',
  'net.netfilter.nf_conntrack_[tu]*_timeout*',
  'net.netfilter.nf_conntrack_[!tu]*',
  'net.nf_conntrack_*',
  '*.*.nf_conntrack_max',
  'net.netfilter.nf_conntrack_{udp,icmp}_timeou*',
  'net.netfilter.nf_conntrack_{max,icmp_timeout}',
  'net/netfilter/nf_conntrack_[[:lower:]]*max',
  '*',
  'net.*',
  'net.netfilter.nf_conntrack_[',
  'net.ipv4.tcp_fin_*',
  'net.netfilter.nf_conntrack_m[a-z]x',
  String.raw`net.netfilter.nf_conntrack_ma\x*`,
)
const line = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .tuple(
        blanks,
        fc.constantFrom('', '', '', '', '-', '- ', '--'),
        named,
        blanks,
        blanks,
        fc.constantFrom('', '', ' ', '\r', ' \r', '\t'),
      )
      .map(
        ([before, dash, [key, value], left, right, end]) =>
          `${before}${dash}${key}${left}=${right}${value}${end}`,
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('', '', '-'), globs, blanks, plain)
      .map(([dash, glob, blank, value]) => `${dash}${glob}${blank}=${blank}${value}`),
  },
  {
    weight: 2,
    arbitrary: fc
      .oneof(
        globs,
        named.map(([key]) => key),
      )
      .map((key) => `-${key}`),
  },
  { weight: 1, arbitrary: named.map(([key, value]) => `# ${key} = ${value}`) },
  { weight: 1, arbitrary: named.map(([key, value]) => `  ;${key}=${value}`) },
  { weight: 1, arbitrary: named.map(([key, value]) => `= ${key} = ${value}`) },
  { weight: 1, arbitrary: fc.tuple(named, named).map(([[a, x], [b, y]]) => `${a}=${x}\0${b}=${y}`) },
  { weight: 1, arbitrary: judged.map(([key, value]) => `${key}=\u000b${value} \u000b`) },
  { weight: 1, arbitrary: fc.tuple(judged, named).map(([[a, x], [b, y]]) => `${a}=${x}\r${b}=${y}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '=',
      '-',
      '--',
      'x',
      'net.netfilter',
      '\0',
      '\r',
      '*',
      '-*',
      'a'.repeat(5000),
    ),
  },
)
const text = fc
  .tuple(fc.array(line, { maxLength: 6 }), fc.constantFrom('\n', '\n', '\n', ''))
  .map(([lines, end]) => lines.join('\n') + (lines.length > 0 ? end : ''))
const fileSet = fc
  .uniqueArray(
    fc.record<SetFile>({
      folder: fc.constantFrom('etc.d', 'etc.d', 'run.d', 'local.d', 'usr.d', 'sysctl.conf'),
      name: fc.constantFrom(
        '10-a.conf',
        '50-b.conf',
        '99-sysctl.conf',
        '99-zz.conf',
        'zz-own.conf',
        'A.conf',
        '9.conf',
        '.hidden.conf',
        'plain',
        'x.confx',
        '\u00e9.conf',
        '\u{1f427}.conf',
        '\uff5e.conf',
      ),
      kind: fc.constantFrom(
        'file',
        'file',
        'file',
        'file',
        'file',
        'file',
        'file',
        'masked',
        'dangling',
        'directory',
        'link',
      ),
      text,
    }),
    {
      maxLength: 7,
      selector: ({ folder, name }) => (folder === 'sysctl.conf' ? folder : `${folder}/${name}`),
    },
  )
  .map((files) =>
    files.map((file) => (file.folder === 'sysctl.conf' ? { ...file, kind: 'file' as const } : file)),
  )

/** The set as the prediction is given it. */
function bootFiles(files: readonly SetFile[]): readonly BootFile[] {
  const lines = (content: string): BootFile['lines'] =>
    content.split('\n').map((one, index) => ({ line: index + 1, text: one }))
  const conf = files.find(({ folder }) => folder === 'sysctl.conf')
  return files.map(({ folder, name, kind, text: content }): BootFile => {
    if (folder === 'sysctl.conf')
      return { path: '/etc/sysctl.conf', kind: 'file', link: null, lines: lines(content) }
    const path = `${folders[folder]}/${name}`
    if (kind === 'masked') return { path, kind, link: '/dev/null', lines: [] }
    if (kind === 'directory') return { path, kind, link: null, lines: [] }
    if (kind === 'link' && conf)
      return { path, kind: 'file', link: '/etc/sysctl.conf', lines: lines(conf.text) }
    if (kind === 'dangling' || kind === 'link') return { path, kind: 'dangling', link: '/nowhere', lines: [] }
    return { path, kind, link: null, lines: lines(content) }
  })
}

/** Lays the set out below `root` as below /. */
function plant(root: string, files: readonly SetFile[]): void {
  for (const folder of Object.values(folders)) mkdirSync(join(root, folder), { recursive: true })
  for (const { folder, name, kind, text: content } of files) {
    const path = join(root, folder === 'sysctl.conf' ? '/etc/sysctl.conf' : `${folders[folder]}/${name}`)
    if (kind === 'directory') mkdirSync(path)
    else if (kind === 'file') writeFileSync(path, content)
    else
      symlinkSync(kind === 'masked' ? '/dev/null' : kind === 'link' ? '/etc/sysctl.conf' : '/nowhere', path)
  }
}

function numbered(index: number): string {
  return String(index).padStart(4, '0')
}

const programs = ['systemd', 'procps', 'busybox'] as const
/** The init that does with the files what the program does. */
const inits = { systemd: 'systemd', procps: 'sysvinit-debian', busybox: 'busybox' } as const

function systemOf(program: (typeof programs)[number], files: readonly SetFile[]): BootSystem {
  const version = (output: string): string => /\d[\d.]*/.exec(output)?.[0] ?? ''
  return {
    init: inits[program],
    os: { id: program === 'busybox' ? 'openwrt' : 'debian', version: '' },
    kernel: release(),
    family: 'nf',
    pageBytes: 4096,
    pointerBytes: 8,
    memoryTotalBytes: 8 * 2 ** 30,
    builtin: ['nf_conntrack'],
    loaded: [],
    initramfsLoads: 'no',
    commandLine: '',
    files: bootFiles(files),
    services: [],
    versions: {
      systemd: version(versionOutput.systemd),
      procps: program === 'busybox' ? null : version(versionOutput.procps.replace(/^.*procps(-ng)? /, '')),
    },
    paths: null,
    keys: keys.map(({ path }) => path),
  }
}

const versionOutput = { systemd: '', procps: '' }
const sets = fc.sample(fileSet, { numRuns: setCount, seed })
let root = ''
let before: readonly string[]
const real = new Map<string, readonly string[]>()

/** What the machine itself has, as far as the programs could have changed it. */
function machineState(): readonly string[] {
  const values = ['/proc/sys/net/netfilter', '/proc/sys/net'].flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'nf_conntrack_count')
      .map(({ name }) => `${folder}/${name} ${readFileSync(`${folder}/${name}`, 'utf8')}`),
  )
  const files = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/lib/sysctl.d', '/usr/local/lib/sysctl.d'].map(
    (folder) => `${folder} ${existsSync(folder) ? readdirSync(folder).join(' ') : 'missing'}`,
  )
  const neighbour = readFileSync('/proc/sys/net/ipv4/tcp_fin_timeout', 'utf8')
  return [...values, neighbour, `${existsSync('/etc/sysctl.conf')}`, ...files]
}

beforeAll(() => {
  versionOutput.systemd = execFileSync('/lib/systemd/systemd-sysctl', ['--version'], { encoding: 'utf8' })
  versionOutput.procps = execFileSync('sysctl', ['--version'], { encoding: 'utf8' })
  before = machineState()
  root = mkdtempSync(join(tmpdir(), 'boot-order-'))
  for (const [index, set] of sets.entries()) plant(join(root, numbered(index)), set)
  writeFileSync(join(root, 'keys'), keys.map(({ path, begin }) => `${path} ${begin}\n`).join(''))
  const output = execFileSync(
    'unshare',
    [
      '--mount',
      '--net',
      '--propagation',
      'private',
      'sh',
      new URL('boot-order-namespace.sh', import.meta.url).pathname,
      root,
      join(root, 'keys'),
    ],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  )
  const rows = output.split('\n')
  for (let start = 0; start + keys.length < rows.length; start += keys.length + 1) {
    real.set(rows[start] ?? '', rows.slice(start + 1, start + 1 + keys.length))
  }
  expect(real.size).toBe(programs.length * setCount)
})

afterAll(() => {
  if (root !== '') rmSync(root, { recursive: true, force: true })
})

describe.each(programs)('%s', (program) => {
  test(`leaves of ${setCount} file sets what is predicted`, () => {
    let assignments = 0
    let unknown = 0
    for (const [index, set] of sets.entries()) {
      const prediction = predictBoot(systemOf(program, set))
      const predicted: Record<string, string> = {}
      const found: Record<string, string> = {}
      for (const [position, { path, begin }] of keys.entries()) {
        const one = prediction.keys.get(variableKey(path.replaceAll('/', '.')))
        if (!one) throw new Error(`no prediction of ${path}`)
        if (one.decidedBy) assignments += 1
        predicted[path] = one.decidedBy ? String(one.value) : String(begin)
        found[path] = real.get(`${numbered(index)} ${program}`)?.[position] ?? 'nothing'
        if (one.certainty !== 'unknown') continue
        unknown += 1
        found[path] = predicted[path]
      }
      expect(predicted, `set ${index}: ${JSON.stringify(set, null, 1)}`).toEqual(found)
    }
    // A generator that sets nothing would prove nothing, nor would predictions that know nothing.
    expect(assignments).toBeGreaterThan(setCount / 4)
    expect(unknown).toBeLessThan(assignments / 100)
  })
})

test('the machine itself is as it was', () => {
  expect(machineState()).toEqual(before)
})
