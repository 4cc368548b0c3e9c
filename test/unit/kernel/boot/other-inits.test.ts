import { describe, expect, test } from 'vitest'
import type { BootSystem } from '../../../../src/kernel/boot/boot-system.ts'
import { predictBoot } from '../../../../src/kernel/boot/predict-boot.ts'
import {
  establishedKey,
  file,
  link,
  loadsEarly,
  made,
  masked,
  maxKey,
  predicted,
  summary,
} from './made-up.ts'

const sets = (path: string, value: number | string, key: string = maxKey) => file(path, `${key} = ${value}`)
const etcModules = file('/etc/modules', 'nf_conntrack')
const conf = sets('/etc/sysctl.conf', 111)

const debian = made({ init: 'sysvinit-debian', files: [etcModules] })
const openrc = made({ init: 'openrc', os: { id: 'gentoo', version: '' }, files: [loadsEarly] })
const alpine = made({
  init: 'openrc-alpine',
  os: { id: 'alpine', version: '3.20' },
  versions: { systemd: null, procps: null },
  files: [etcModules],
})
const redHat6 = made({
  init: 'sysvinit-rhel6',
  os: { id: 'centos', version: '6.10' },
  kernel: '2.6.32-754.el6.x86_64',
  versions: { systemd: null, procps: null },
  files: [
    file(
      '/etc/sysconfig/modules/own.modules',
      '#!/bin/sh',
      '/sbin/modprobe nf_conntrack_ipv4 >/dev/null 2>&1',
    ),
  ],
})
const openWrt = made({
  init: 'busybox',
  os: { id: 'openwrt', version: '23.05' },
  versions: { systemd: null, procps: null },
  files: [file('/etc/modules.d/nf-conntrack', 'nf_conntrack')],
})

const withFiles = (system: BootSystem, ...files: BootSystem['files']): BootSystem => ({
  ...system,
  files: [...system.files, ...files],
})

describe('other inits', () => {
  test.each<[string, BootSystem, string]>([
    [
      'sysvinit on Debian: /etc/sysctl.conf is last',
      withFiles(debian, conf, sets('/etc/sysctl.d/zz.conf', 500)),
      '111 likely /etc/sysctl.conf:1',
    ],
    [
      'procps before 3.3.17: /run hides /etc',
      {
        ...withFiles(debian, sets('/etc/sysctl.d/a.conf', 500), sets('/run/sysctl.d/a.conf', 600)),
        versions: { systemd: null, procps: '3.3.15' },
      },
      '600 likely /run/sysctl.d/a.conf:1',
    ],
    [
      'procps 3 knows no globs',
      {
        ...withFiles(debian, sets('/etc/sysctl.d/a.conf', 500, 'net.netfilter.nf_conntrack_*')),
        versions: { systemd: null, procps: '3.3.17' },
      },
      '262144 likely',
    ],
    [
      'procps 4 writes each line in its turn: a repeated value counts where it stands',
      withFiles(
        debian,
        file('/etc/sysctl.d/a.conf', `${maxKey}=500`, 'net.nf_conntrack_max=600', `${maxKey}=500`),
      ),
      '500 likely /etc/sysctl.d/a.conf:3',
    ],
    [
      'procps 4: a dash alone takes no value back',
      withFiles(debian, file('/etc/sysctl.d/a.conf', `${maxKey}=500`, `-${maxKey}`)),
      '500 likely /etc/sysctl.d/a.conf:1',
    ],
    [
      'a refused value leaves the one before',
      withFiles(debian, file('/etc/sysctl.d/a.conf', `${maxKey}=500`, `${maxKey}=5k`)),
      '500 likely /etc/sysctl.d/a.conf:1',
    ],
    [
      'OpenRC with procps: the same',
      withFiles(openrc, conf, sets('/etc/sysctl.d/zz.conf', 500)),
      '111 likely /etc/sysctl.conf:1',
    ],
    [
      'OpenRC without procps: /etc/sysctl.d last, first word of the line only',
      {
        ...withFiles(
          openrc,
          conf,
          sets('/etc/sysctl.d/zz.conf', 500),
          file('/etc/sysctl.d/zzz.conf', `${maxKey}= 600`, `${maxKey} =700`),
        ),
        versions: { systemd: null, procps: null },
      },
      '500 likely /etc/sysctl.d/zz.conf:1',
    ],
    [
      'OpenRC without procps and without /etc/sysctl.conf: nothing is read',
      { ...withFiles(openrc, sets('/etc/sysctl.d/zz.conf', 500)), versions: { systemd: null, procps: null } },
      '262144 likely',
    ],
    [
      "Alpine: /etc/sysctl.d beats the vendor's, whatever the name",
      withFiles(alpine, sets('/etc/sysctl.d/00.conf', 500), sets('/usr/lib/sysctl.d/99.conf', 600)),
      '500 likely /etc/sysctl.d/00.conf:1',
    ],
    [
      'Alpine: /etc/sysctl.conf beats both',
      withFiles(alpine, conf, sets('/etc/sysctl.d/zz.conf', 500)),
      '111 likely /etc/sysctl.conf:1',
    ],
    [
      'Alpine: /run beats all',
      withFiles(alpine, conf, sets('/run/sysctl.d/a.conf', 500)),
      '500 likely /run/sysctl.d/a.conf:1',
    ],
    [
      'Alpine: a link to /dev/null masks nothing',
      withFiles(alpine, masked('/etc/sysctl.d/a.conf'), sets('/usr/lib/sysctl.d/a.conf', 500)),
      '500 likely /usr/lib/sysctl.d/a.conf:1',
    ],
    [
      "Alpine: a namesake in /etc hides the vendor's",
      withFiles(alpine, file('/etc/sysctl.d/a.conf'), sets('/usr/lib/sysctl.d/a.conf', 500)),
      '262144 likely',
    ],
    [
      "Alpine's busybox knows no dash",
      withFiles(alpine, sets('/etc/sysctl.d/a.conf', 500, `-${maxKey}`)),
      '262144 likely',
    ],
    [
      "Alpine's busybox takes dots behind a slash",
      withFiles(alpine, sets('/etc/sysctl.d/a.conf', 500, 'net/netfilter.nf_conntrack_max')),
      '500 likely /etc/sysctl.d/a.conf:1',
    ],
    [
      'RHEL 6: /etc/sysctl.conf is last',
      withFiles(redHat6, conf, sets('/etc/sysctl.d/zz.conf', 500)),
      '111 likely /etc/sysctl.conf:1',
    ],
    [
      "RHEL 6: /etc beats the vendor's, whatever the name",
      withFiles(redHat6, sets('/etc/sysctl.d/00.conf', 500), sets('/usr/lib/sysctl.d/99.conf', 600)),
      '500 likely /etc/sysctl.d/00.conf:1',
    ],
    [
      'OpenWrt: /etc/sysctl.conf is last',
      withFiles(openWrt, conf, sets('/etc/sysctl.d/zz.conf', 500)),
      '111 likely /etc/sysctl.conf:1',
    ],
    [
      'another busybox: who runs sysctl is not known',
      made({
        init: 'busybox',
        builtin: ['nf_conntrack'],
        versions: { systemd: null, procps: null },
        files: [conf],
      }),
      '111 unknown /etc/sysctl.conf:1',
    ],
    [
      'an init that nobody knows',
      made({ init: 'unknown', builtin: ['nf_conntrack'], files: [conf] }),
      '111 unknown /etc/sysctl.conf:1',
    ],
  ])('%s', (_, system, expected) => {
    expect(summary(predicted(system))).toBe(expected)
  })

  test('busybox gives up a file at the first value the kernel refuses', () => {
    const system = withFiles(
      alpine,
      file('/etc/sysctl.d/a.conf', 'net.netfilter.nf_conntrack_tcp_loose = yes', `${maxKey} = 500`),
    )
    expect(summary(predicted(system))).toBe('262144 likely')
    expect(predicted(system).losers.map(({ reason }) => reason)).toEqual([
      'sysctl gives up at /etc/sysctl.d/a.conf:1, whose value the kernel refuses',
    ])
    expect(summary(predicted({ ...system, versions: { systemd: null, procps: '4.0.4' } }))).toBe(
      '500 likely /etc/sysctl.d/a.conf:2',
    )
  })

  test('RHEL 6: the firewall comes after the sysctls, the network sets them again', () => {
    const late = { ...redHat6, files: [conf], services: ['iptables'] }
    expect(summary(predicted(late))).toBe('65536 likely')
    expect(summary(predicted({ ...late, services: ['iptables', 'network'] }))).toBe(
      '111 likely /etc/sysctl.conf:1',
    )
  })

  test('RHEL 6: the firewall applies the lines on its list', () => {
    const list = file(
      '/etc/sysconfig/iptables-config',
      'IPTABLES_SYSCTL_LOAD_LIST=".nf_conntrack .bridge-nf"',
    )
    const late = {
      ...redHat6,
      files: [conf, sets('/etc/sysctl.d/a.conf', 500), list],
      services: ['iptables'],
    }
    expect(summary(predicted(late))).toBe('111 likely /etc/sysctl.conf:1')
  })

  test('words behind a name in /etc/modules are options, and come last', () => {
    const system = made({
      init: 'sysvinit-debian',
      files: [
        file('/etc/modules', 'nf_conntrack hashsize=512'),
        file('/etc/modprobe.d/a.conf', 'options nf_conntrack hashsize=4096'),
      ],
    })
    expect(summary(predicted(system, 'hashsize'))).toBe('512 certain /etc/modules:1')
  })

  test('modules named in /etc/conf.d/modules are loaded', () => {
    const system = made({
      init: 'openrc',
      files: [file('/etc/conf.d/modules', 'modules="loop nf_conntrack"')],
    })
    expect(predictBoot(system).modulePresentAt).toBe('before_sysctl')
  })
})

describe('other systemds', () => {
  const byVersion = (version: string | null, id: string, ...files: BootSystem['files']): BootSystem =>
    made({
      os: { id, version: '' },
      versions: { systemd: version, procps: null },
      files: [loadsEarly, ...files],
    })
  test.each<[string, BootSystem, string]>([
    [
      'Red Hat 7 reads /etc/sysctl.conf last',
      byVersion('219', 'rhel', conf, sets('/etc/sysctl.d/zz.conf', 500)),
      '111 certain /etc/sysctl.conf:1',
    ],
    [
      'before 243 a dash is part of the name',
      byVersion('241', 'debian', sets('/etc/sysctl.d/a.conf', 500, `-${maxKey}`)),
      '262144 likely',
    ],
    [
      'but not in Red Hat 8',
      byVersion('239', 'rhel', sets('/etc/sysctl.d/a.conf', 500, `-${maxKey}`)),
      '500 certain /etc/sysctl.d/a.conf:1',
    ],
    [
      'before 245 there are no globs',
      byVersion('244', 'debian', sets('/etc/sysctl.d/a.conf', 500, 'net.netfilter.nf_conntrack_*')),
      '262144 likely',
    ],
    [
      'SUSE reads a file of the kernel first',
      byVersion('249', 'sles', sets('/boot/sysctl.conf-6.1.0-49-amd64', 500)),
      '500 certain /boot/sysctl.conf-6.1.0-49-amd64:1',
    ],
    [
      'a version that is not known costs certainty',
      byVersion(null, 'debian', sets('/etc/sysctl.d/a.conf', 500)),
      '500 likely /etc/sysctl.d/a.conf:1',
    ],
    [
      'before 232 one name has its value for sure',
      byVersion('229', 'ubuntu', sets('/etc/sysctl.d/a.conf', 400), sets('/etc/sysctl.d/b.conf', 500)),
      '500 likely /etc/sysctl.d/b.conf:1',
    ],
    [
      'of two names either may win',
      byVersion(
        '229',
        'ubuntu',
        sets('/etc/sysctl.d/a.conf', 400, 'net.nf_conntrack_max'),
        sets('/etc/sysctl.d/b.conf', 500),
      ),
      '500 unknown /etc/sysctl.d/b.conf:1',
    ],
  ])('%s', (_, system, expected) => {
    expect(summary(predicted(system))).toBe(expected)
  })
})

describe('old kernels', () => {
  const ip = made({
    init: 'sysvinit-rhel6',
    os: { id: 'centos', version: '5.11' },
    kernel: '2.6.18-398.el5',
    family: 'ip',
    versions: { systemd: null, procps: null },
    services: ['iptables', 'network'],
  })
  test('ip_conntrack is known by its own names', () => {
    const system = {
      ...ip,
      files: [
        file(
          '/etc/sysctl.conf',
          'net.ipv4.ip_conntrack_max = 500',
          `${maxKey} = 600`,
          'net.ipv4.netfilter.ip_conntrack_tcp_timeout_established = 700',
        ),
      ],
    }
    expect(summary(predicted(system))).toBe('500 likely /etc/sysctl.conf:1')
    expect(summary(predicted(system, establishedKey))).toBe('700 likely /etc/sysctl.conf:3')
    expect(predicted(system).losers.map(({ reason }) => reason)).toEqual([
      'this kernel has no key of that name',
    ])
  })

  test('the old names on nf_conntrack before 4.9 may be there', () => {
    const system = made({
      kernel: '4.4.0-210-generic',
      builtin: ['nf_conntrack', 'nf_conntrack_ipv4'],
      files: [sets('/etc/sysctl.d/a.conf', 500, 'net.ipv4.netfilter.ip_conntrack_max')],
    })
    expect(summary(predicted(system))).toBe('500 unknown /etc/sysctl.d/a.conf:1')
    expect(summary(predicted({ ...system, paths: new Set(['net/netfilter/nf_conntrack_max']) }))).toBe(
      '262144 likely',
    )
    expect(summary(predicted({ ...system, paths: new Set(['net/ipv4/netfilter/ip_conntrack_max']) }))).toBe(
      '500 certain /etc/sysctl.d/a.conf:1',
    )
  })

  test('a key that the kernel no longer has is absent', () => {
    const system = made({ kernel: '6.17.0', builtin: ['nf_conntrack'] })
    const { value, why, from } = predicted(system, 'net.netfilter.nf_conntrack_dccp_loose')
    expect({ value, why, from }).toEqual({ value: null, why: 'this kernel has no such key', from: 'absent' })
  })
})

test('a neighbour is predicted as well, of whatever range it may be', () => {
  const system = made({ files: [file('/etc/sysctl.d/a.conf', 'net.ipv4.tcp_rmem = 4096\t 87380  6291456')] })
  expect(summary(predicted(system, 'net.ipv4.tcp_rmem'))).toBe(
    '4096 87380 6291456 likely /etc/sysctl.d/a.conf:1',
  )
  expect(summary(predicted(system, 'net.ipv4.tcp_wmem'))).toBe('absent likely')
})

test('a place behind a link is told with the link', () => {
  const conf99 = link('/etc/sysctl.d/99-sysctl.conf', conf)
  expect(predicted(made({ files: [loadsEarly, conf, conf99] })).why).toBe(
    '/etc/sysctl.conf:1 (through /etc/sysctl.d/99-sysctl.conf) sets it',
  )
})
