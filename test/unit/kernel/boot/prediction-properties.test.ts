import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BootFile, BootSystem } from '../../../../src/kernel/boot/boot-system.ts'
import { predictBoot } from '../../../../src/kernel/boot/predict-boot.ts'
import { establishedKey, file, loadsEarly, made, maxKey, predicted } from './made-up.ts'

const folder = fc.constantFrom(
  '/etc/sysctl.d',
  '/run/sysctl.d',
  '/usr/lib/sysctl.d',
  '/etc/modprobe.d',
  '/usr/lib/modprobe.d',
  '/etc/modules-load.d',
  '/etc/udev/rules.d',
)
const name = fc.constantFrom('10-a.conf', '50-b.conf', 'zz.conf', '50-c.rules')
const word = fc.constantFrom(
  maxKey,
  'net.nf_conntrack_max',
  'net/netfilter/*',
  establishedKey,
  '=',
  '=',
  ' ',
  '-',
  '#',
  '500',
  '600',
  'abc',
  'options nf_conntrack hashsize=',
  'install nf_conntrack ',
  'blacklist nf_conntrack',
  'nf_conntrack',
  'nft_ct',
  '\\',
  'SUBSYSTEM=="module", RUN+="',
  'systemd-sysctl --prefix=/net',
  'sysctl --system',
  '"',
  '\r',
  '\0',
  '&& ',
)
const line = fc.oneof(
  fc.array(word, { maxLength: 7 }).map((words) => words.join('')),
  fc.string(),
)
const anyFile: fc.Arbitrary<BootFile> = fc
  .tuple(
    folder,
    name,
    fc.array(line, { maxLength: 5 }),
    fc.constantFrom('file', 'file', 'file', 'masked', 'unreadable', 'dangling', 'directory'),
  )
  .map(([where, what, lines, kind]) =>
    kind === 'file' ? file(`${where}/${what}`, ...lines) : { ...file(`${where}/${what}`), kind },
  )
const anySystem: fc.Arbitrary<BootSystem> = fc
  .record({
    init: fc.constantFrom(
      'systemd',
      'openrc',
      'openrc-alpine',
      'sysvinit-rhel6',
      'sysvinit-debian',
      'busybox',
      'unknown',
    ),
    kernel: fc.constantFrom('2.6.18', '3.10.0-1160.el7', '4.18.0', '5.10.0', '6.19.1', 'none of these'),
    family: fc.constantFrom('nf', 'ip'),
    builtin: fc.constantFrom([], [], ['nf_conntrack']),
    loaded: fc.constantFrom([], ['nf_conntrack']),
    initramfsLoads: fc.constantFrom('yes', 'no', 'unknown'),
    commandLine: fc.oneof(fc.constant(null), fc.string(), fc.constant('nf_conntrack.hashsize=700')),
    services: fc.constantFrom(null, [], ['ufw', 'docker'], ['nftables'], ['iptables', 'network']),
    versions: fc.record({
      systemd: fc.constantFrom(null, '219', '252'),
      procps: fc.constantFrom(null, '3.3.15', '4.0.4'),
    }),
    files: fc.uniqueArray(anyFile, { maxLength: 8, selector: ({ path }) => path }),
    memoryTotalBytes: fc.constantFrom(null, 2 ** 30),
  })
  .map((parts): BootSystem => made(parts as Partial<BootSystem>))

test('whatever the files hold, there is a prediction, and it names lines that are there', () => {
  fc.assert(
    fc.property(anySystem, (system) => {
      const { keys } = predictBoot(system)
      expect([...keys.keys()]).toEqual([maxKey, 'hashsize', establishedKey])
      for (const { decidedBy, losers, why, value, from } of keys.values()) {
        expect(why).not.toBe('')
        for (const place of [...losers, ...(decidedBy ? [decidedBy] : [])]) {
          if (place.file === '/proc/cmdline') continue
          const lines = system.files.find(({ path }) => path === place.file)?.lines ?? []
          expect(lines.map((one) => one.line)).toContain(place.line)
        }
        if (from === 'absent') expect(value).toBeNull()
        if (from === 'sysctl') expect(decidedBy).not.toBeNull()
      }
    }),
    { numRuns: 2000 },
  )
})

test('the line that decides loses to nobody', () => {
  fc.assert(
    fc.property(anySystem, (system) => {
      for (const { decidedBy, losers } of predictBoot(system).keys.values()) {
        if (!decidedBy) continue
        expect(
          losers.filter(
            ({ file: path, line: number, via }) =>
              path === decidedBy.file && number === decidedBy.line && via === decidedBy.via,
          ),
        ).toEqual([])
      }
    }),
    { numRuns: 1000 },
  )
})

test('lines about other things change nothing', () => {
  const other = fc.constantFrom(
    '',
    '# x',
    '; y',
    'vm.swappiness = 10',
    'net.ipv4.ip_forward=1',
    'nonsense',
    '-kernel.panic',
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.integer({ min: 1, max: 4 }))), other, (rows, extra) => {
      const files = [...new Map(rows).entries()].map(([base, value]) =>
        file(`/etc/sysctl.d/${base}`, `${maxKey}=${value}`),
      )
      const more = files.map((one) => ({ ...one, lines: [...one.lines, { line: 2, text: extra }] }))
      expect(predicted(made({ files: [loadsEarly, ...more] }))).toEqual(
        predicted(made({ files: [loadsEarly, ...files] })),
      )
    }),
  )
})

test('without the line that decides, another value or another line decides', () => {
  fc.assert(
    fc.property(anySystem, (system) => {
      const first = predicted(system)
      const place = first.decidedBy
      if (!place || place.file === '/proc/cmdline' || first.certainty === 'unknown') return
      const files = system.files.map((one) =>
        one.path === place.file ? { ...one, lines: one.lines.filter((row) => row.line !== place.line) } : one,
      )
      expect(predicted({ ...system, files }).decidedBy).not.toEqual(place)
    }),
    { numRuns: 1000 },
  )
})
