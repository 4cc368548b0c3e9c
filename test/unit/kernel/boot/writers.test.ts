import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BootFile } from '../../../../src/kernel/boot/boot-system.ts'
import { otherWriters, writerFiles } from '../../../../src/kernel/boot/writers.ts'
import { goSeconds } from '../../../../src/kernel/boot/writers/go-duration.ts'
import { scriptAssignments } from '../../../../src/kernel/boot/writers/script-assignments.ts'
import type { WriterFacts } from '../../../../src/kernel/boot/writers/writer.ts'
import { file, unreadable } from './made-up.ts'

const facts = (parts: Partial<WriterFacts> = {}): WriterFacts => ({
  processes: [],
  cores: 8,
  services: [],
  files: [],
  ...parts,
})
const process = (...argv: readonly string[]) => ({ argv })

/** `CODE: KEY=VALUE …`, keys without what they all begin with; `>` at least, `~` back to the default. */
function shown(given: WriterFacts): readonly string[] {
  const signs = { sets: '=', at_least: '>', default: '~' }
  return otherWriters(given).map(
    ({ code, writes }) =>
      `${code}: ${writes.map(({ key, value, how }) => `${key.replace('net.netfilter.nf_conntrack_', '')}${signs[how]}${value ?? '?'}`).join(' ')}`,
  )
}

test('a host with nobody else', () => {
  expect(otherWriters(facts())).toEqual([])
  expect(otherWriters(facts({ services: null, cores: null }))).toEqual([])
})

describe('kube-proxy', () => {
  const usual = 'max=262144 hashsize>65536 tcp_timeout_established=86400 tcp_timeout_close_wait=3600'
  test.each<[string, Partial<WriterFacts>, readonly string[]]>([
    [
      'by default: 32768 a core',
      { processes: [process('/usr/local/bin/kube-proxy', '--v=2')] },
      [`kube-proxy-writes: ${usual}`],
    ],
    [
      'at least 131072',
      { cores: 2, processes: [process('kube-proxy')] },
      [`kube-proxy-writes: ${usual.replace('262144', '131072').replace('65536', '32768')}`],
    ],
    [
      'without the cores',
      { cores: null, processes: [process('kube-proxy')] },
      [`kube-proxy-writes: ${usual.replace('262144', '?').replace('65536', '?')}`],
    ],
    [
      'by its flags',
      {
        processes: [
          process(
            'kube-proxy',
            '--conntrack-min',
            '500000',
            '--conntrack-tcp-timeout-established=0s',
            '--conntrack-tcp-be-liberal',
            '--conntrack-udp-timeout=45s',
          ),
        ],
      },
      [
        'kube-proxy-writes: max=500000 hashsize>125000 tcp_timeout_close_wait=3600 udp_timeout=45 tcp_be_liberal=1',
      ],
    ],
    [
      'told to leave all alone',
      {
        processes: [
          process(
            'kube-proxy',
            '--conntrack-max-per-core=0',
            '--conntrack-tcp-timeout-established=0',
            '--conntrack-tcp-timeout-close-wait=0s',
          ),
        ],
      },
      [],
    ],
    [
      'by its configuration, beside which flags do not count',
      {
        processes: [process('kube-proxy', '--config=/var/lib/kube-proxy/config.conf', '--conntrack-min=7')],
        files: [
          file(
            '/var/lib/kube-proxy/config.conf',
            'bindAddress: 0.0.0.0',
            'conntrack:',
            '  maxPerCore: 1000 # few',
            '  min: null',
            '  tcpCloseWaitTimeout: "0s"',
            '  tcpEstablishedTimeout: 2h30m0s',
            'enableProfiling: false',
            'iptables:',
            '  min: 5',
          ),
        ],
      },
      ['kube-proxy-writes: max=131072 hashsize>32768 tcp_timeout_established=9000'],
    ],
    [
      'a process that only mentions it',
      { processes: [process('grep', 'kube-proxy'), process('/opt/kube-proxy-exporter')] },
      [],
    ],
  ])('%s', (_, parts, expected) => {
    expect(shown(facts(parts))).toEqual(expected)
  })

  test('a configuration that nobody read is said', () => {
    const [writer] = otherWriters(facts({ processes: [process('kube-proxy', '--config=/x.conf')] }))
    expect(writer).toMatchObject({ certainty: 'unknown', when: 'each time it starts' })
    expect(writer?.note).toContain('/x.conf could not be read')
    expect(writer?.cure).toContain('conntrack.min')
  })
})

describe('k3s and rke2', () => {
  const usual = 'max=262144 tcp_timeout_established=86400 tcp_timeout_close_wait=3600'
  test.each<[string, Partial<WriterFacts>, readonly string[]]>([
    ['by default', { processes: [process('/usr/local/bin/k3s server')] }, [`k3s-writes: ${usual}`]],
    ['an agent', { processes: [process('/usr/local/bin/rke2', 'agent')] }, [`rke2-writes: ${usual}`]],
    ['k3s as a tool', { processes: [process('/usr/local/bin/k3s', 'kubectl', 'get', 'pods')] }, []],
    [
      'by its arguments',
      {
        processes: [
          process(
            'k3s',
            'server',
            '--kube-proxy-arg=conntrack-max-per-core=0',
            '--kube-proxy-arg',
            'conntrack-tcp-timeout-close-wait=0s',
          ),
        ],
      },
      ['k3s-writes: tcp_timeout_established=86400'],
    ],
    [
      'by its service',
      {
        processes: [process('/usr/local/bin/k3s server')],
        files: [
          file(
            '/etc/systemd/system/k3s.service',
            'ExecStart=/usr/local/bin/k3s \\',
            '    server \\',
            "	'--kube-proxy-arg=conntrack-min=900000' \\",
          ),
        ],
      },
      [`k3s-writes: ${usual.replace('262144', '900000')}`],
    ],
    [
      'by its configuration',
      {
        processes: [process('rke2 server')],
        files: [
          file(
            '/etc/rancher/rke2/config.yaml',
            'token: x',
            'kube-proxy-arg:',
            '  - "conntrack-max-per-core=0"',
            "  - 'conntrack-tcp-timeout-established=1h'",
            'node-label:',
            '  - conntrack-min=3',
          ),
        ],
      },
      ['rke2-writes: tcp_timeout_established=3600 tcp_timeout_close_wait=3600'],
    ],
    [
      'a list on one line',
      {
        processes: [process('k3s agent')],
        files: [
          file(
            '/etc/rancher/k3s/config.yaml',
            'kube-proxy-arg: ["conntrack-max-per-core=0", "conntrack-tcp-timeout-close-wait=0s"]',
          ),
        ],
      },
      ['k3s-writes: tcp_timeout_established=86400'],
    ],
  ])('%s', (_, parts, expected) => {
    expect(shown(facts(parts))).toEqual(expected)
  })

  test('a configuration that cannot be read', () => {
    const [writer] = otherWriters(
      facts({ processes: [process('k3s server')], files: [unreadable('/etc/rancher/k3s/config.yaml')] }),
    )
    expect(writer).toMatchObject({
      certainty: 'unknown',
      note: '/etc/rancher/k3s/config.yaml could not be read.',
    })
  })
})

describe('firewalls', () => {
  const ufw = file(
    '/etc/ufw/sysctl.conf',
    '# x',
    'net/ipv4/tcp_sack=1',
    'net/netfilter/nf_conntrack_max=65536',
  )
  const hook = file(
    '/etc/modprobe.d/firewalld-sysctls.conf',
    "install nf_conntrack modprobe --ignore-install nf_conntrack $CMDLINE_OPTS && sysctl --quiet --pattern 'net[.]netfilter[.]nf_conntrack.*' --system",
  )
  test.each<[string, Partial<WriterFacts>, readonly string[]]>([
    ['ufw writes its own file', { files: [ufw], services: ['ufw'] }, ['ufw-writes: max=65536']],
    [
      'ufw with another file',
      {
        files: [
          ufw,
          file('/etc/default/ufw', 'IPT_SYSCTL=/etc/x.conf'),
          file('/etc/x.conf', 'net.nf_conntrack_max = 7'),
        ],
      },
      ['ufw-writes: max=7'],
    ],
    ['ufw that is off', { files: [ufw, file('/etc/ufw/ufw.conf', 'ENABLED=no')], services: ['ufw'] }, []],
    [
      'ufw with nothing of ours',
      { files: [file('/etc/ufw/sysctl.conf', 'net/ipv4/tcp_sack=1')], services: ['ufw'] },
      [],
    ],
    ["firewalld's hook", { files: [hook] }, ['firewalld-hook: *=?']],
    [
      'firewalld that cleans up',
      { services: ['firewalld'], files: [file('/etc/firewalld/firewalld.conf', 'CleanupModulesOnExit=yes')] },
      ['firewalld-unloads: *~?'],
    ],
    [
      'firewalld that does not',
      { services: ['firewalld'], files: [file('/etc/firewalld/firewalld.conf', 'CleanupModulesOnExit=no')] },
      [],
    ],
    [
      'the iptables service unloads by default',
      { services: ['iptables'], files: [file('/etc/sysconfig/iptables-config', 'IPTABLES_MODULES=""')] },
      ['iptables-unloads: *~?'],
    ],
    [
      'unless it is told not to',
      {
        services: ['iptables'],
        files: [file('/etc/sysconfig/iptables-config', 'IPTABLES_MODULES_UNLOAD="no"')],
      },
      [],
    ],
    ['or does not run', { services: [], files: [file('/etc/sysconfig/iptables-config', '')] }, []],
    ['docker only loads the module', { services: ['docker'] }, ['docker-loads-conntrack: ']],
  ])('%s', (_, parts, expected) => {
    expect(shown(facts(parts))).toEqual(expected)
  })

  test('a line that says so is told', () => {
    const [writer] = otherWriters(facts({ files: [ufw], services: ['ufw'] }))
    expect(writer?.writes[0]?.place).toEqual({ file: '/etc/ufw/sysctl.conf', line: 3 })
  })
})

describe('tuned', () => {
  const active = file('/etc/tuned/active_profile', 'openshift-node')
  const profile = file(
    '/usr/lib/tuned/openshift/tuned.conf',
    '[net]',
    'nf_conntrack_hashsize=1048576',
    '[sysctl]',
    'net.netfilter.nf_conntrack_max=1048576',
    'kernel.pid_max=>4194304',
  )
  const child = file(
    '/usr/lib/tuned/openshift-node/tuned.conf',
    '[main]',
    'include=openshift',
    '[sysctl]',
    'net.netfilter.nf_conntrack_udp_timeout=>60',
  )
  test.each<[string, Partial<WriterFacts>, readonly string[]]>([
    [
      'a profile and what it includes',
      { services: ['tuned'], files: [active, profile, child] },
      ['tuned-writes: hashsize=1048576 max=1048576 udp_timeout>60'],
    ],
    [
      'a process under python',
      {
        processes: [process('/usr/bin/python3', '-Es', '/usr/sbin/tuned', '-l')],
        files: [file('/etc/tuned/active_profile', 'openshift'), profile],
      },
      ['tuned-writes: hashsize=1048576 max=1048576'],
    ],
    [
      'one of /etc in its place',
      {
        services: ['tuned'],
        files: [
          file('/etc/tuned/active_profile', 'openshift'),
          profile,
          file('/etc/tuned/openshift/tuned.conf', '[sysctl]', 'net.nf_conntrack_max = 5'),
        ],
      },
      ['tuned-writes: max=5'],
    ],
    [
      'a module that it takes out and in again',
      {
        services: ['tuned'],
        files: [
          file('/etc/tuned/active_profile', 'openshift'),
          file('/etc/tuned/openshift/tuned.conf', '[modules]', 'nf_conntrack=+r hashsize=65536'),
        ],
      },
      ['tuned-writes: *~? hashsize=65536'],
    ],
    [
      'profiles that include each other',
      {
        services: ['tuned'],
        files: [
          file('/etc/tuned/active_profile', 'a'),
          file('/etc/tuned/a/tuned.conf', 'include=b'),
          file('/etc/tuned/b/tuned.conf', 'include=a', '[sysctl]', 'net.nf_conntrack_max=5'),
        ],
      },
      ['tuned-writes: max=5'],
    ],
    ['tuned that does not run', { files: [active, profile, child] }, []],
    [
      'another profile',
      { services: ['tuned'], files: [file('/etc/tuned/active_profile', 'balanced'), profile] },
      [],
    ],
  ])('%s', (_, parts, expected) => {
    expect(shown(facts(parts))).toEqual(expected)
  })

  test.each([
    ['1', 'these win'],
    ['0', 'stay over'],
  ])('reapply_sysctl = %s', (value, said) => {
    const [writer] = otherWriters(
      facts({
        services: ['tuned'],
        files: [active, profile, child, file('/etc/tuned/tuned-main.conf', `reapply_sysctl = ${value}`)],
      }),
    )
    expect(writer?.note).toContain(said)
  })
})

describe('scripts', () => {
  test.each<[string, BootFile, readonly string[]]>([
    [
      'rc.local',
      file(
        '/etc/rc.local',
        '#!/bin/sh',
        'sysctl -w net.netfilter.nf_conntrack_max=65536 >/dev/null',
        'exit 0',
      ),
      ['rc-local-writes: max=65536'],
    ],
    [
      'if-up.d',
      file('/etc/network/if-up.d/own', 'echo 30 > /proc/sys/net/netfilter/nf_conntrack_udp_timeout'),
      ['interface-script-writes: udp_timeout=30'],
    ],
    [
      'cron',
      file('/etc/cron.d/own', '*/5 * * * * root /sbin/sysctl -q net.nf_conntrack_max=5'),
      ['cron-writes: max=5'],
    ],
    [
      'a service',
      file(
        '/etc/systemd/system/own.service',
        '[Service]',
        'ExecStart=/sbin/modprobe nf_conntrack hashsize=4096',
      ),
      ['service-writes: hashsize=4096'],
    ],
    [
      'a service of calicoctl',
      file(
        '/etc/systemd/system/calico-node.service',
        'ExecStart=/usr/bin/calicoctl node run --ip=autodetect',
      ),
      ['calico-writes: max=1000000'],
    ],
    ['a script elsewhere', file('/home/x/rc.local', 'sysctl -w net.nf_conntrack_max=5'), []],
    [
      'a comment',
      file('/etc/rc.local', '# sysctl -w net.nf_conntrack_max=5', 'true # net.nf_conntrack_max=5'),
      [],
    ],
  ])('%s', (_, script, expected) => {
    expect(shown(facts({ files: [script] }))).toEqual(expected)
  })

  test('calico-node alone does not say who started it', () => {
    expect(otherWriters(facts({ processes: [process('calico-node', '-felix')] }))).toMatchObject([
      { code: 'calico-writes', certainty: 'unknown' },
    ])
  })

  test('user data: bootcmd runs at every boot, the rest at the first', () => {
    const userData = file(
      '/var/lib/cloud/instance/user-data.txt',
      '#cloud-config',
      'bootcmd:',
      '  - [sysctl, -w, "net.netfilter.nf_conntrack_max=1000"]',
      'write_files:',
      '  - path: /etc/sysctl.d/50-own.conf',
      '    content: |',
      '      net.netfilter.nf_conntrack_tcp_timeout_established = 3600',
      'runcmd:',
      '  - echo 2000 | tee /proc/sys/net/nf_conntrack_max',
    )
    expect(
      otherWriters(facts({ files: [userData] })).map(({ when, writes }) => [
        when,
        writes.map(({ key, value }) => `${key}=${value}`),
      ]),
    ).toEqual([
      ['at every boot', ['net.netfilter.nf_conntrack_max=1000']],
      [
        'at the first boot of an instance made from this user data',
        ['net.netfilter.nf_conntrack_tcp_timeout_established=3600', 'net.netfilter.nf_conntrack_max=2000'],
      ],
    ])
  })

  test.each([
    ['sysctl -w net.netfilter.nf_conntrack_max=5', 'net.netfilter.nf_conntrack_max=5'],
    ['sysctl net/netfilter/nf_conntrack_max=5', 'net.netfilter.nf_conntrack_max=5'],
    ['sysctl -w "net.nf_conntrack_max=$MAX"', 'net.netfilter.nf_conntrack_max=null'],
    ["echo '5' >/proc/sys/net/netfilter/nf_conntrack_max", 'net.netfilter.nf_conntrack_max=5'],
    ['echo 5 | sudo tee /proc/sys/net/nf_conntrack_max', 'net.netfilter.nf_conntrack_max=5'],
    ['echo 16384 > /sys/module/nf_conntrack/parameters/hashsize', 'hashsize=16384'],
    ['modprobe nf_conntrack hashsize=16384', 'hashsize=16384'],
    ['sysctl -w net.ipv4.ip_forward=1', ''],
    ['cat /proc/sys/net/netfilter/nf_conntrack_max', ''],
    ['if [ "$(sysctl -n net.netfilter.nf_conntrack_max)" -lt 5 ]; then', ''],
  ])('%s', (text, expected) => {
    expect(
      scriptAssignments(file('/x', text))
        .map(({ key, value }) => `${key}=${value}`)
        .join(' '),
    ).toBe(expected)
  })
})

test.each([
  ['24h0m0s', 86_400],
  ['1h30m', 5400],
  ['0', 0],
  ['0s', 0],
  ['1500ms', 1],
  ['90', null],
  ['1d', null],
  ['', null],
])("Go's %j is %s seconds", (text, expected) => {
  expect(goSeconds(text)).toBe(expected)
})

test('every writer says when and what to do', () => {
  const all = otherWriters(
    facts({
      processes: [process('kube-proxy'), process('k3s server'), process('calico-node')],
      services: ['docker', 'ufw'],
      files: [
        file('/etc/ufw/sysctl.conf', 'net/nf_conntrack_max=5'),
        file('/etc/rc.local', 'sysctl -w net.nf_conntrack_max=6'),
      ],
    }),
  )
  expect(all.map(({ code }) => code)).toEqual([
    'kube-proxy-writes',
    'k3s-writes',
    'calico-writes',
    'docker-loads-conntrack',
    'ufw-writes',
    'rc-local-writes',
  ])
  for (const { when, cure } of all) {
    expect(when).not.toBe('')
    expect(cure).toMatch(/\.$/)
  }
  expect(writerFiles.every((path) => path.startsWith('/'))).toBe(true)
})

test('whatever the files hold, nothing throws', () => {
  const word = fc.constantFrom(
    'net.netfilter.nf_conntrack_max',
    '=',
    '>',
    ' ',
    'echo',
    'kube-proxy-arg:',
    '- ',
    '"',
    '[',
    'include=',
    'conntrack:',
    'sysctl -w',
    '/proc/sys/',
    'install nf_conntrack ',
    '\r',
    '\0',
  )
  const line = fc.oneof(
    fc.array(word, { maxLength: 8 }).map((words) => words.join('')),
    fc.string(),
  )
  const path = fc.constantFrom(...writerFiles.map((one) => one.replaceAll('*', 'x')))
  fc.assert(
    fc.property(
      fc.array(fc.tuple(path, fc.array(line, { maxLength: 5 }))),
      fc.array(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.constantFrom('kube-proxy', 'k3s', 'server', '--kube-proxy-arg', '--config='),
          ),
          { maxLength: 5 },
        ),
      ),
      (files, argvs) => {
        const given = facts({
          files: files.map(([where, lines]) => file(where, ...lines)),
          processes: argvs.map((argv) => ({ argv })),
          services: ['ufw', 'tuned', 'iptables', 'firewalld'],
        })
        for (const { writes } of otherWriters(given)) expect(writes.every(({ key }) => key !== '')).toBe(true)
      },
    ),
    { numRuns: 1000 },
  )
})
