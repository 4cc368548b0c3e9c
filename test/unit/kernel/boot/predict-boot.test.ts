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
  unreadable,
} from './made-up.ts'

const sets = (path: string, value: number, key: string = maxKey) => file(path, `${key} = ${value}`)
const early = (...files: BootSystem['files']) => made({ files: [loadsEarly, ...files] })

describe('systemd, the module there in time', () => {
  const conf = sets('/etc/sysctl.conf', 111)
  test.each<[string, BootSystem, string]>([
    ['nobody sets it', early(), '262144 likely'],
    [
      'a drop-in sets it',
      early(sets('/etc/sysctl.d/zz-own.conf', 500)),
      '500 certain /etc/sysctl.d/zz-own.conf:1',
    ],
    [
      'the last name wins, whatever the folder',
      early(sets('/etc/sysctl.d/50-own.conf', 500), sets('/usr/lib/sysctl.d/60-vendor.conf', 600)),
      '600 certain /usr/lib/sysctl.d/60-vendor.conf:1',
    ],
    [
      'numbers come before letters, capitals before small ones',
      early(
        sets('/etc/sysctl.d/99-zz.conf', 1),
        sets('/etc/sysctl.d/A.conf', 2),
        sets('/etc/sysctl.d/a.conf', 3),
      ),
      '3 certain /etc/sysctl.d/a.conf:1',
    ],
    [
      "a namesake in /etc takes the place of the vendor's",
      early(sets('/etc/sysctl.d/60-x.conf', 500), sets('/usr/lib/sysctl.d/60-x.conf', 600)),
      '500 certain /etc/sysctl.d/60-x.conf:1',
    ],
    [
      'a link to /dev/null masks it',
      early(masked('/etc/sysctl.d/60-x.conf'), sets('/usr/lib/sysctl.d/60-x.conf', 600)),
      '262144 likely',
    ],
    ['Debian 13: /etc/sysctl.conf without a link is not read', early(conf), '262144 likely'],
    [
      'Debian 12: through its link it is, behind 99-conntrack.conf',
      early(conf, link('/etc/sysctl.d/99-sysctl.conf', conf), sets('/etc/sysctl.d/99-conntrack.conf', 500)),
      '111 certain /etc/sysctl.conf:1',
    ],
    [
      'the other name of max counts as well',
      early(
        sets('/etc/sysctl.d/10-a.conf', 500),
        sets('/etc/sysctl.d/20-b.conf', 600, 'net.nf_conntrack_max'),
      ),
      '600 certain /etc/sysctl.d/20-b.conf:1',
    ],
    [
      'a line that repeats an earlier value keeps the earlier place, and the other name wins',
      early(
        sets('/etc/sysctl.d/10-a.conf', 500),
        sets('/etc/sysctl.d/20-b.conf', 600, 'net.nf_conntrack_max'),
        sets('/etc/sysctl.d/zz-own.conf', 500),
      ),
      '600 certain /etc/sysctl.d/20-b.conf:1',
    ],
    [
      'a name of ip_conntrack leads nowhere',
      early(sets('/etc/sysctl.d/zz.conf', 600, 'net.ipv4.netfilter.ip_conntrack_max')),
      '262144 likely',
    ],
    [
      'a glob sets it',
      early(sets('/etc/sysctl.d/a.conf', 600, 'net.netfilter.nf_conntrack_ma*')),
      '600 certain /etc/sysctl.d/a.conf:1',
    ],
    [
      'a name keeps globs away, even later ones',
      early(sets('/etc/sysctl.d/a.conf', 500), sets('/etc/sysctl.d/b.conf', 600, 'net.netfilter.*')),
      '500 certain /etc/sysctl.d/a.conf:1',
    ],
    [
      'but the other name does not',
      early(
        sets('/etc/sysctl.d/a.conf', 500, 'net.nf_conntrack_max'),
        sets('/etc/sysctl.d/b.conf', 600, 'net.netfilter.*'),
      ),
      '600 certain /etc/sysctl.d/b.conf:1',
    ],
    [
      'a dash alone takes a value back',
      early(sets('/etc/sysctl.d/a.conf', 500), file('/etc/sysctl.d/b.conf', `-${maxKey}`)),
      '262144 likely',
    ],
    [
      'a value the kernel refuses leaves the default',
      early(file('/etc/sysctl.d/a.conf', `${maxKey} = many`)),
      '262144 likely',
    ],
    [
      'what stands behind the number is not looked at',
      early(file('/etc/sysctl.d/a.conf', `${maxKey} = 0x400 # 1024`)),
      '1024 certain /etc/sysctl.d/a.conf:1',
    ],
    ['a file nobody can read may set it', early(unreadable('/etc/sysctl.d/a.conf')), '262144 unknown'],
    [
      'what comes after it is known all the same',
      early(unreadable('/etc/sysctl.d/a.conf'), sets('/etc/sysctl.d/b.conf', 500)),
      '500 certain /etc/sysctl.d/b.conf:1',
    ],
    [
      'and what comes before it is not',
      early(unreadable('/etc/sysctl.d/c.conf'), sets('/etc/sysctl.d/b.conf', 500)),
      '500 unknown /etc/sysctl.d/b.conf:1',
    ],
  ])('%s', (_, system, expected) => {
    expect(summary(predicted(system))).toBe(expected)
  })

  test('systemd gives up a file at a line of a mebibyte', () => {
    const long = file('/etc/sysctl.d/a.conf', `${maxKey}=1`, `#${'x'.repeat(2 ** 20)}`, `${maxKey}=2`)
    expect(summary(predicted(early(long)))).toBe('1 certain /etc/sysctl.d/a.conf:1')
  })

  test('lines that lose say why', () => {
    const { losers } = predicted(
      early(
        sets('/etc/sysctl.d/10-a.conf', 1),
        sets('/usr/lib/sysctl.d/10-a.conf', 2),
        sets('/etc/sysctl.d/20-b.conf', 3, 'net/nf_conntrack_max'),
        sets('/etc/sysctl.d/30-c.conf', 4),
        sets('/etc/sysctl.d/40-d.conf', 5, 'net.netfilter.nf_conntrack_[m]ax'),
        file('/etc/sysctl.d/50-e.conf', 'net.nf_conntrack_max = abc', 'net.ipv4.ip_conntrack_max = 6'),
      ),
    )
    expect(losers.map((loser) => `${loser.file}:${loser.line} ${loser.key}: ${loser.reason}`)).toEqual([
      '/usr/lib/sysctl.d/10-a.conf:1 net.netfilter.nf_conntrack_max: /etc/sysctl.d/10-a.conf takes the place of its file',
      '/etc/sysctl.d/10-a.conf:1 net.netfilter.nf_conntrack_max: /etc/sysctl.d/30-c.conf:1 sets the same key again later',
      '/etc/sysctl.d/20-b.conf:1 net/nf_conntrack_max: /etc/sysctl.d/50-e.conf:1 sets the same key again later',
      '/etc/sysctl.d/40-d.conf:1 net.netfilter.nf_conntrack_[m]ax: /etc/sysctl.d/30-c.conf:1 sets this key by name, which keeps globs away',
      '/etc/sysctl.d/50-e.conf:1 net.nf_conntrack_max: the kernel reads no number in "abc"',
      '/etc/sysctl.d/50-e.conf:2 net.ipv4.ip_conntrack_max: this kernel has no key of that name',
    ])
  })
})

describe('when the module comes', () => {
  const drop = sets('/etc/sysctl.d/zz-own.conf', 500)
  const own = file('/etc/sysctl.d/zz-own.conf', `${maxKey} = 500`, `${establishedKey} = 600`)
  const rule = file(
    '/etc/udev/rules.d/50-conntrack.rules',
    'ACTION=="add", SUBSYSTEM=="module", KERNEL=="nf_conntrack", RUN+="/usr/lib/systemd/systemd-sysctl --prefix=/net/netfilter"',
  )
  const firewalld = file(
    '/etc/modprobe.d/firewalld-sysctls.conf',
    "install nf_conntrack modprobe --ignore-install nf_conntrack $CMDLINE_OPTS && sysctl --quiet --pattern 'net[.]netfilter[.]nf_conntrack.*' --system",
  )
  test.each<[string, BootSystem, string, string]>([
    ['nothing loads it', made({ files: [drop] }), 'never likely', 'absent likely'],
    [
      'docker loads it later: the value is lost',
      made({ files: [drop], services: ['docker'] }),
      'after_sysctl likely',
      '262144 likely',
    ],
    [
      'nftables may load it before or after',
      made({ files: [drop], services: ['nftables'] }),
      'after_sysctl unknown',
      '262144 unknown',
    ],
    [
      'modules-load.d loads it in time',
      made({ files: [drop, loadsEarly] }),
      'before_sysctl certain',
      '500 certain /etc/sysctl.d/zz-own.conf:1',
    ],
    [
      'so does a module that needs it',
      made({ files: [drop, file('/etc/modules-load.d/a.conf', '# c', 'nf-nat')] }),
      'before_sysctl certain',
      '500 certain /etc/sysctl.d/zz-own.conf:1',
    ],
    [
      'br_netfilter does not need it',
      made({ files: [drop, file('/etc/modules-load.d/a.conf', 'br_netfilter', 'overlay')] }),
      'never likely',
      'absent likely',
    ],
    [
      'nf_conntrack_ipv4 is gone since 4.19 and loads nothing',
      made({ files: [drop, file('/etc/modules-load.d/a.conf', 'nf_conntrack_ipv4')] }),
      'never likely',
      'absent likely',
    ],
    [
      'a line with options loads nothing',
      made({ files: [drop, file('/etc/modules-load.d/a.conf', 'nf_conntrack hashsize=512')] }),
      'never likely',
      'absent likely',
    ],
    [
      '/etc/modules alone is not read',
      made({ files: [drop, file('/etc/modules', 'nf_conntrack')] }),
      'never likely',
      'absent likely',
    ],
    [
      'through its link it is',
      made({ files: [drop, link('/etc/modules-load.d/modules.conf', file('/etc/modules', 'nf_conntrack'))] }),
      'before_sysctl certain',
      '500 certain /etc/sysctl.d/zz-own.conf:1',
    ],
    [
      'a masked list loads nothing',
      made({
        files: [
          drop,
          masked('/etc/modules-load.d/a.conf'),
          file('/usr/lib/modules-load.d/a.conf', 'nf_conntrack'),
        ],
      }),
      'never likely',
      'absent likely',
    ],
    [
      'a blacklist keeps it away',
      made({ files: [drop, loadsEarly, file('/etc/modprobe.d/a.conf', 'blacklist nf_conntrack')] }),
      'never likely',
      'absent likely',
    ],
    [
      'install /bin/true keeps it away',
      made({ files: [drop, loadsEarly, file('/etc/modprobe.d/a.conf', 'install nf_conntrack /bin/true')] }),
      'never likely',
      'absent likely',
    ],
    [
      'the command line forbids it',
      made({ files: [drop, loadsEarly], commandLine: 'quiet module_blacklist=floppy,nf_conntrack' }),
      'never certain',
      'absent certain',
    ],
    [
      'the command line loads it',
      made({ files: [drop], commandLine: 'modules-load=nf_conntrack' }),
      'before_sysctl certain',
      '500 certain /etc/sysctl.d/zz-own.conf:1',
    ],
    [
      'it is loaded now, nobody knows by whom',
      made({ files: [drop], loaded: ['nf_conntrack'] }),
      'after_sysctl unknown',
      '262144 unknown',
    ],
    [
      'the services could not be listed',
      made({ files: [drop], services: null }),
      'after_sysctl unknown',
      '262144 unknown',
    ],
    [
      'it is built in',
      made({ files: [drop], builtin: ['nf_conntrack'] }),
      'builtin certain',
      '500 certain /etc/sysctl.d/zz-own.conf:1',
    ],
    [
      'a udev rule applies the files when it comes',
      made({ files: [drop, rule], services: ['docker'] }),
      'after_sysctl likely',
      '500 certain /etc/sysctl.d/zz-own.conf:1',
    ],
    [
      'but not to the other name of max, which stands beside its prefix',
      made({
        files: [sets('/etc/sysctl.d/zz-own.conf', 500, 'net.nf_conntrack_max'), rule],
        services: ['docker'],
      }),
      'after_sysctl likely',
      '262144 likely',
    ],
    [
      'with the module there in time, the rule and the boot race for the two names',
      made({
        files: [
          file('/etc/sysctl.d/a.conf', `${maxKey} = 500`, 'net.nf_conntrack_max = 600'),
          rule,
          loadsEarly,
        ],
      }),
      'before_sysctl certain',
      '600 unknown /etc/sysctl.d/a.conf:2',
    ],
    [
      "firewalld's hook applies them in procps's order",
      made({ files: [own, firewalld, file('/etc/sysctl.conf', `${maxKey} = 700`)], services: ['firewalld'] }),
      'after_sysctl likely',
      '700 certain /etc/sysctl.conf:1',
    ],
    [
      'and what its pattern lets through only',
      made({
        files: [file('/etc/sysctl.d/a.conf', 'net.nf_conntrack_max = 500'), firewalld],
        services: ['firewalld'],
      }),
      'after_sysctl likely',
      '262144 likely',
    ],
    [
      'an install command of which nobody knows what it does',
      made({
        files: [
          drop,
          loadsEarly,
          file('/etc/modprobe.d/a.conf', 'install nf_conntrack /usr/local/sbin/load-conntrack.sh'),
        ],
      }),
      'before_sysctl unknown',
      '500 unknown /etc/sysctl.d/zz-own.conf:1',
    ],
    [
      'an initramfs that may load it costs certainty',
      made({ files: [drop], services: ['docker'], initramfsLoads: 'unknown' }),
      'after_sysctl likely',
      '262144 likely',
    ],
    [
      'ufw applies its own file after all',
      made({
        files: [drop, loadsEarly, file('/etc/ufw/sysctl.conf', 'net/netfilter/nf_conntrack_max=900')],
        services: ['ufw'],
      }),
      'before_sysctl certain',
      '900 likely /etc/ufw/sysctl.conf:1',
    ],
    [
      'unless it is off',
      made({
        files: [
          drop,
          loadsEarly,
          file('/etc/ufw/sysctl.conf', 'net/netfilter/nf_conntrack_max=900'),
          file('/etc/ufw/ufw.conf', 'ENABLED=no'),
        ],
        services: ['ufw'],
      }),
      'before_sysctl certain',
      '500 certain /etc/sysctl.d/zz-own.conf:1',
    ],
  ])('%s', (_, system, arrival, expected) => {
    const { modulePresentAt, moduleCertainty } = predictBoot(system)
    expect(`${modulePresentAt} ${moduleCertainty}`).toBe(arrival)
    expect(summary(predicted(system))).toBe(expected)
  })

  test('a value that comes too early loses, and says so', () => {
    expect(predicted(made({ files: [drop], services: ['docker'] })).losers).toEqual([
      {
        file: '/etc/sysctl.d/zz-own.conf',
        line: 1,
        key: maxKey,
        value: '500',
        reason: 'systemd-sysctl comes before the module is loaded: the key is not there yet',
      },
    ])
  })

  test('two outcomes are both told', () => {
    const { alternatives, why } = predicted(made({ files: [drop], services: ['nftables'] }))
    expect(alternatives).toEqual(['500'])
    expect(why).toContain('or 500')
  })

  test("up to 4.18 the protocols' keys want nf_conntrack_ipv4", () => {
    const old = made({
      kernel: '3.10.0-1160.el7.x86_64',
      os: { id: 'centos', version: '7' },
      versions: { systemd: '219', procps: '3.3.10' },
    })
    const only = { ...old, files: [own, loadsEarly] }
    expect(summary(predicted(only))).toBe('500 certain /etc/sysctl.d/zz-own.conf:1')
    expect(summary(predicted(only, establishedKey))).toBe('432000 likely')
    const both = { ...old, files: [own, file('/etc/modules-load.d/a.conf', 'nf_conntrack_ipv4')] }
    expect(summary(predicted(both, establishedKey))).toBe('600 certain /etc/sysctl.d/zz-own.conf:2')
  })
})

describe('the hashsize', () => {
  const option = (path: string, text: string) => file(path, text)
  test.each<[string, BootSystem, string, string]>([
    [
      'of modprobe.d makes max eight times the rounded buckets',
      early(option('/etc/modprobe.d/a.conf', 'options nf_conntrack hashsize=1000')),
      '1024 certain /etc/modprobe.d/a.conf:1',
      '8192 certain /etc/modprobe.d/a.conf:1',
    ],
    [
      'of a module that the initramfs loads is that of its copy, whoever loads it again; a sysctl of max comes later',
      {
        ...early(
          option('/etc/modprobe.d/a.conf', 'options nf_conntrack hashsize=16384'),
          sets('/etc/sysctl.d/a.conf', 500),
        ),
        initramfsLoads: 'yes',
      },
      '16384 unknown /etc/modprobe.d/a.conf:1',
      '500 certain /etc/sysctl.d/a.conf:1',
    ],
    [
      'leaves max to a sysctl that comes later',
      early(
        option('/etc/modprobe.d/a.conf', 'options nf_conntrack hashsize=16384'),
        sets('/etc/sysctl.d/a.conf', 500),
      ),
      '16384 certain /etc/modprobe.d/a.conf:1',
      '500 certain /etc/sysctl.d/a.conf:1',
    ],
    [
      'stands even when the module comes late, and so does its max',
      made({
        files: [
          option('/etc/modprobe.d/a.conf', 'options nf_conntrack hashsize=16384'),
          sets('/etc/sysctl.d/a.conf', 500),
        ],
        services: ['docker'],
      }),
      '16384 certain /etc/modprobe.d/a.conf:1',
      '131072 certain /etc/modprobe.d/a.conf:1',
    ],
    [
      'the last of several counts, by file name',
      early(
        option('/etc/modprobe.d/b.conf', 'options nf_conntrack hashsize=2048'),
        option('/usr/lib/modprobe.d/c.conf', 'options nf-conntrack  hashsize=4096 expect_hashsize=1'),
        option('/etc/modprobe.d/a.conf', 'options nf_conntrack hashsize=1024'),
      ),
      '4096 certain /usr/lib/modprobe.d/c.conf:1',
      '32768 certain /usr/lib/modprobe.d/c.conf:1',
    ],
    [
      'a namesake in /etc hides a file',
      early(
        option('/lib/modprobe.d/a.conf', 'options nf_conntrack hashsize=2048'),
        masked('/etc/modprobe.d/a.conf'),
      ),
      '262144 likely',
      '262144 likely',
    ],
    [
      'a line goes on behind a backslash',
      early(file('/etc/modprobe.d/a.conf', 'options nf_conntrack \\', '  hashsize=2048')),
      '2048 certain /etc/modprobe.d/a.conf:1',
      '16384 certain /etc/modprobe.d/a.conf:1',
    ],
    [
      "the kernel's command line comes last",
      {
        ...early(option('/etc/modprobe.d/a.conf', 'options nf_conntrack hashsize=2048')),
        commandLine: 'ro nf_conntrack.hashsize=512 quiet',
      },
      '512 certain /proc/cmdline:1',
      '4096 certain /proc/cmdline:1',
    ],
    [
      'built in, modprobe.d says nothing',
      made({
        builtin: ['nf_conntrack'],
        files: [option('/etc/modprobe.d/a.conf', 'options nf_conntrack hashsize=2048')],
      }),
      '262144 likely',
      '262144 likely',
    ],
    [
      'built in, the command line does',
      made({ builtin: ['nf_conntrack'], commandLine: 'nf-conntrack.hashsize=2000' }),
      '2048 certain /proc/cmdline:1',
      '16384 certain /proc/cmdline:1',
    ],
    [
      'nf_conntrack_buckets sets it and leaves max alone',
      early(sets('/etc/sysctl.d/a.conf', 1000, 'net.netfilter.nf_conntrack_buckets')),
      '1024 certain /etc/sysctl.d/a.conf:1',
      '262144 likely',
    ],
    [
      'nf_conntrack_buckets is read-only before 4.8',
      {
        ...early(sets('/etc/sysctl.d/a.conf', 1000, 'net.netfilter.nf_conntrack_buckets')),
        kernel: '4.4.0-210-generic',
      },
      '65536 likely',
      '262144 likely',
    ],
    [
      'a page of 64 KiB rounds to 8192',
      { ...early(option('/etc/modprobe.d/a.conf', 'options nf_conntrack hashsize=1000')), pageBytes: 65_536 },
      '8192 certain /etc/modprobe.d/a.conf:1',
      '65536 certain /etc/modprobe.d/a.conf:1',
    ],
    [
      '0 means the default',
      early(option('/etc/modprobe.d/a.conf', 'options nf_conntrack hashsize=0')),
      '262144 likely',
      '262144 likely',
    ],
    [
      'a bad one keeps the module out',
      early(option('/etc/modprobe.d/a.conf', 'options nf_conntrack hashsize=64k')),
      'absent likely',
      'absent likely',
    ],
    [
      'unless that alias is used, options of an alias do not count',
      early(option('/etc/modprobe.d/a.conf', 'options ip_conntrack hashsize=2048')),
      '262144 likely',
      '262144 likely',
    ],
    [
      'options of the alias that loads it count',
      made({
        files: [
          option('/etc/modprobe.d/a.conf', 'options ip_conntrack hashsize=2048'),
          file('/etc/modules-load.d/a.conf', 'ip_conntrack'),
        ],
      }),
      '2048 certain /etc/modprobe.d/a.conf:1',
      '16384 certain /etc/modprobe.d/a.conf:1',
    ],
    [
      'modprobe.d that nobody can read',
      early(unreadable('/etc/modprobe.d/a.conf')),
      '262144 unknown',
      '262144 unknown',
    ],
  ])('%s', (_, system, hashsize, max) => {
    expect(summary(predicted(system, 'hashsize'))).toBe(hashsize)
    expect(summary(predicted(system))).toBe(max)
  })

  test('it is the same variable as nf_conntrack_buckets', () => {
    const { keys } = predictBoot(made({ keys: ['net/netfilter/nf_conntrack_buckets'] }))
    expect([...keys.keys()]).toEqual([maxKey, 'hashsize'])
  })
})

describe('sysctls on the kernel’s command line', () => {
  const commandLine = `ro sysctl.${maxKey}=90000 sysctl/net/netfilter/nf_conntrack_tcp_timeout_established=77`
  const builtin = ['nf_conntrack']
  test.each<[string, BootSystem, string, string]>([
    [
      'built in: they count',
      made({ commandLine, builtin }),
      '90000 certain /proc/cmdline:1',
      '77 certain /proc/cmdline:1',
    ],
    [
      'a file comes later',
      made({ commandLine, builtin, files: [sets('/etc/sysctl.d/zz.conf', 500)] }),
      '500 certain /etc/sysctl.d/zz.conf:1',
      '77 certain /proc/cmdline:1',
    ],
    ['a module comes too late for them', { ...early(), commandLine }, '262144 likely', '432000 likely'],
    [
      'kernels before 5.8 do not know them',
      made({ commandLine, builtin, kernel: '5.4.0' }),
      '262144 likely',
      '432000 likely',
    ],
  ])('%s', (_, system, max, established) => {
    expect([predicted(system), predicted(system, establishedKey)].map(summary)).toEqual([max, established])
  })
})
