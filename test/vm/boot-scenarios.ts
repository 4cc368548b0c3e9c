/** What stands at a path: text, or a link. */
type Laid = string | { readonly link: string }

/** A host as somebody has left it, before a reboot. */
export interface Scenario {
  /** In plain words, for the table. */
  readonly name: string
  readonly files: Readonly<Record<string, Laid>>
  /** Paths that a fresh Debian has and this host does not. */
  readonly without?: readonly string[]
  /** Names of services that start at boot and do nothing but load a module that tracks. */
  readonly services?: readonly string[]
  /** Is our play applied to it before the reboot, and does it take lines of others out of use? */
  readonly ours?: true | 'override'
  /** Somebody has loaded the module by hand. */
  readonly isLoaded?: true
  /** The machine whose kernel's command line gives nf_conntrack.hashsize=20000 and a udp timeout of 99. */
  readonly commandLine?: true
  /** The order is left to chance or to somebody else: the prediction may give several values. */
  readonly mayBeUnknown?: true
}

const [max, udp, buckets] = ['max', 'udp_timeout', 'buckets'].map(
  (name) => `net.netfilter.nf_conntrack_${name}`,
) as [string, string, string]

const sysctl = (name: string, ...lines: string[]): Record<string, string> => ({
  [`/etc/sysctl.d/${name}.conf`]: `${lines.join('\n')}\n`,
})
const modprobe = (name: string, ...lines: string[]): Record<string, string> => ({
  [`/etc/modprobe.d/${name}.conf`]: `${lines.join('\n')}\n`,
})
const sysctlConf = (...lines: string[]) => ({ '/etc/sysctl.conf': `${lines.join('\n')}\n` })
const rule = (command: string) => ({
  '/etc/udev/rules.d/50-conntrack.rules': `ACTION=="add", SUBSYSTEM=="module", KERNEL=="nf_conntrack", RUN+="${command}"\n`,
})
const listed = { '/etc/modules-load.d/firewall.conf': 'nf_conntrack\n' }
const own = sysctl('90-own', `${max} = 70000`, `${udp} = 61`)

export const scenarios: readonly Scenario[] = [
  { name: 'nothing is set, nothing loads the module', files: {} },
  { name: 'values in `sysctl.d`, nothing loads the module', files: own },
  { name: 'the same, and the module was loaded by hand', files: own, isLoaded: true, mayBeUnknown: true },
  { name: 'the same, and a service loads the module, too late', files: own, services: ['docker'] },
  { name: 'the same, and a `modules-load.d` file of somebody else loads it', files: { ...own, ...listed } },
  {
    name: 'the same, the module listed in `/etc/modules`',
    files: { ...own, '/etc/modules': '# ours\nnf_conntrack\n' },
  },
  {
    name: 'the same, listed is only a module that needs it',
    files: { ...own, '/etc/modules-load.d/firewall.conf': 'xt_conntrack\n' },
  },
  {
    name: 'the same, with options behind the name of the module',
    files: { ...own, '/etc/modules-load.d/firewall.conf': 'nf_conntrack hashsize=40000\n' },
  },
  {
    name: '`/etc/sysctl.conf` says otherwise, read through `99-sysctl.conf`',
    files: { ...listed, ...own, ...sysctlConf(`${max} = 71000`) },
  },
  {
    name: '`/etc/sysctl.conf` says otherwise, without that link',
    files: { ...listed, ...own, ...sysctlConf(`${max} = 71000`) },
    without: ['/etc/sysctl.d/99-sysctl.conf'],
  },
  {
    name: 'the alias `net.nf_conntrack_max` in a later file',
    files: { ...listed, ...own, ...sysctl('95-alias', 'net.nf_conntrack_max = 73000') },
  },
  {
    name: 'spelled with slashes, in hexadecimal',
    files: { ...listed, ...sysctl('90-own', 'net/netfilter/nf_conntrack_max = 0x12345', `${udp}=62`) },
  },
  {
    name: 'a glob after a line by name',
    files: { ...listed, ...own, ...sysctl('95-glob', 'net.netfilter.nf_conntrack_udp_timeout* = 63') },
  },
  {
    name: 'a glob, and the key taken out of it',
    files: { ...listed, ...sysctl('95-glob', 'net.netfilter.nf_conntrack_udp_* = 63', `-${udp}`) },
  },
  { name: '`-key = value`', files: { ...listed, ...sysctl('90-own', `-${max} = 75000`, `-${udp} = 64`) } },
  {
    name: 'CRLF',
    files: { ...listed, '/etc/sysctl.d/90-own.conf': `${max} = 76000\r\n${udp} = 65\r\n` },
  },
  {
    name: 'a comment behind the value',
    files: { ...listed, ...sysctl('90-own', `${max} = 77000 # enough`, `${udp} = 66`) },
  },
  {
    name: 'a line that is garbage',
    files: { ...listed, '/etc/sysctl.d/90-own.conf': `\x01\xff{}\n= 5\n${max} 78000\n${udp} = 67\n` },
  },
  {
    name: 'values out of range',
    files: { ...listed, ...sysctl('90-own', `${max} = 99999999999`, `${udp} = -1`) },
  },
  {
    name: 'a timeout in three files',
    files: {
      ...listed,
      ...sysctl('10-a', `${udp} = 71`),
      ...sysctl('50-b', `${udp} = 72`),
      '/usr/lib/sysctl.d/30-c.conf': `${udp} = 73\n`,
    },
  },
  {
    name: 'a vendor’s file, masked',
    files: {
      ...listed,
      '/usr/lib/sysctl.d/90-vendor.conf': `${max} = 79000\n`,
      '/etc/sysctl.d/90-vendor.conf': { link: '/dev/null' },
    },
  },
  {
    name: 'a vendor’s file, and a namesake in `/etc`',
    files: {
      ...listed,
      '/usr/lib/sysctl.d/90-vendor.conf': `${max} = 79000\n${udp} = 74\n`,
      '/etc/sysctl.d/90-vendor.conf': `${max} = 80000\n`,
    },
  },
  {
    name: 'a vendor’s file, and a namesake in `/run`',
    files: {
      ...listed,
      '/usr/lib/sysctl.d/90-vendor.conf': `${max} = 79000\n`,
      '/run/sysctl.d/90-vendor.conf': `${max} = 80000\n`,
    },
    mayBeUnknown: true,
  },
  {
    name: 'only `hashsize=`: max becomes eight times that',
    files: { ...listed, ...modprobe('a', 'options nf_conntrack hashsize=10000') },
  },
  {
    name: '`hashsize=` twice in a file, the module spelled with a dash',
    files: {
      ...listed,
      ...modprobe('a', 'options nf_conntrack hashsize=10000', 'options nf-conntrack hashsize=11000'),
    },
  },
  {
    name: '`hashsize=` in two files',
    files: {
      ...listed,
      ...modprobe('b', 'options nf_conntrack hashsize=10000'),
      ...modprobe('a', 'options nf_conntrack hashsize=12000'),
    },
  },
  {
    name: '`hashsize=` in `modprobe.d`, and buckets in `sysctl.d`',
    files: {
      ...listed,
      ...modprobe('a', 'options nf_conntrack hashsize=10000'),
      ...sysctl('90-own', `${buckets} = 5000`),
    },
  },
  {
    name: 'a `hashsize=` that is no number',
    files: { ...listed, ...own, ...modprobe('a', 'options nf_conntrack hashsize=64k') },
  },
  {
    name: 'a udev rule that applies sysctls when the module comes',
    files: { ...own, ...rule('/lib/systemd/systemd-sysctl --prefix=/net/netfilter') },
    services: ['docker'],
  },
  {
    name: 'an `install` line that sets max',
    files: {
      ...listed,
      ...modprobe(
        'a',
        `install nf_conntrack /sbin/modprobe --ignore-install nf_conntrack $CMDLINE_OPTS && /sbin/sysctl -q -w ${max}=81000`,
      ),
    },
  },
  {
    name: 'an `install` line that loads nothing',
    files: { ...listed, ...own, ...modprobe('a', 'install nf_conntrack /bin/true') },
  },
  { name: '`blacklist`', files: { ...listed, ...own, ...modprobe('a', 'blacklist nf_conntrack') } },
  {
    name: '`hashsize=` on the kernel’s command line, and a sysctl there that comes before its module',
    files: { ...listed, ...modprobe('zz', 'options nf_conntrack hashsize=10000') },
    commandLine: true,
  },
  { name: 'ours', files: {}, ours: true },
  { name: 'ours, and `/etc/sysctl.conf` says otherwise', files: sysctlConf(`${max} = 71000`), ours: true },
  {
    name: 'ours, and a `zz-` drop-in before it',
    files: sysctl('zz-admin', `${max} = 82000`, `${udp} = 81`),
    ours: true,
  },
  {
    name: 'ours, and a `zzz-` drop-in after it',
    files: sysctl('zzz-last', `${max} = 83000`, `${udp} = 82`),
    ours: true,
  },
  {
    name: 'ours, and the alias in an earlier file',
    files: sysctl('10-alias', 'net.nf_conntrack_max = 84000'),
    ours: true,
  },
  {
    name: 'ours, and the alias in a later file',
    files: sysctl('zzz-alias', 'net.nf_conntrack_max = 84000'),
    ours: true,
  },
  {
    name: 'ours, and a later glob',
    files: sysctl('zzz-glob', 'net.netfilter.nf_conntrack_* = 90'),
    ours: true,
  },
  {
    name: 'ours, and a later line that takes the key back',
    files: sysctl('zzz-back', `-${udp}`),
    ours: true,
  },
  {
    name: 'ours, and a later value that the kernel refuses',
    files: sysctl('zzz-bad', `${udp} = 99999999999`, `${max} = many`),
    ours: true,
  },
  {
    name: 'ours, and `hashsize=` in a later file',
    files: modprobe('zzz', 'options nf_conntrack hashsize=10000'),
    ours: true,
  },
  { name: 'ours, and `blacklist`', files: modprobe('zzz', 'blacklist nf_conntrack'), ours: true },
  {
    name: 'ours, and a udev rule that sets max when the module comes',
    files: rule(`/sbin/sysctl -q -w ${max}=85000`),
    ours: true,
    mayBeUnknown: true,
  },
  {
    name: 'ours with `conflicts: override`, and a later line that takes the key back',
    files: sysctl('zzz-back', `-${udp}`),
    ours: 'override',
  },
  {
    name: 'ours with `conflicts: override`, and a later value that the kernel refuses',
    files: sysctl('zzz-bad', `${udp} = 99999999999`, `${max} = many`),
    ours: 'override',
  },
  {
    name: 'ours with `conflicts: override`, and `hashsize=` in a later file',
    files: modprobe('zzz', 'options nf_conntrack hashsize=10000 acct=1'),
    ours: 'override',
  },
  {
    name: 'ours with `conflicts: override`, the alias in `/etc/sysctl.conf` and a file that sorts last',
    files: { ...sysctlConf('net.nf_conntrack_max = 71000'), ...sysctl('zzzzzzzzz-last', `${max} = 83000`) },
    ours: 'override',
  },
  { name: 'ours, and `hashsize=` on the kernel’s command line', files: {}, ours: true, commandLine: true },
]
