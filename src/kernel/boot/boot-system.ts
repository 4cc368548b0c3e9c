/** What starts the machine, and with it who reads which sysctl files in which order. */
export type InitKind =
  | 'systemd'
  | 'openrc'
  | 'openrc-alpine'
  | 'sysvinit-rhel6'
  /** RHEL 5 and older: of all files, only /etc/sysctl.conf is read. */
  | 'sysvinit-rhel5'
  | 'sysvinit-debian'
  | 'busybox'
  | 'unknown'

/** A line of a file, as it stands between two newlines; CR and NUL may be in it. */
export interface BootLine {
  /** From 1. */
  readonly line: number
  readonly text: string
}

/** A file (or what stands in its place) that something reads at boot. */
export interface BootFile {
  readonly path: string
  /**
   * `masked`: leads to /dev/null. `dangling`: a link that leads nowhere. `directory`: hides its
   * namesakes as a file would. `unreadable`: nobody knows what it says.
   */
  readonly kind: 'file' | 'masked' | 'dangling' | 'directory' | 'unreadable'
  /** Where the path finally leads when it is a link; null when it is none. */
  readonly link: string | null
  /** All lines, or those that match `bootLinePatterns`. Of a link: those of the file it leads to. */
  readonly lines: readonly BootLine[]
}

/** Everything known about a host from which follows what a reboot leaves there. Plain data. */
export interface BootSystem {
  readonly init: InitKind
  /** From os-release; empty when unknown. */
  readonly os: { readonly id: string; readonly version: string }
  /** `uname -r` of the kernel that will boot; taken to be the running one. */
  readonly kernel: string
  /** `ip`: the ip_conntrack of 2.4 to 2.6.19. */
  readonly family: 'nf' | 'ip'
  readonly pageBytes: number
  /** Of the kernel: 4 on 32-bit machines. */
  readonly pointerBytes: 8 | 4
  readonly memoryTotalBytes: number | null
  /** Conntrack modules that are part of the kernel. */
  readonly builtin: readonly string[]
  /** Conntrack modules that are loaded now. */
  readonly loaded: readonly string[]
  /** Does the initramfs load nf_conntrack? Seldom known, seldom the case. */
  readonly initramfsLoads: 'yes' | 'no' | 'unknown'
  /** /proc/cmdline; null when it could not be read. */
  readonly commandLine: string | null
  /**
   * The files of `bootFolders` and `otherBootFiles`. One that is not listed is taken not to exist.
   * Where /lib is a link to /usr/lib, its files are listed once.
   */
  readonly files: readonly BootFile[]
  /** Names of the services that start at boot, without `.service`; null when they could not be listed. */
  readonly services: readonly string[] | null
  /** Versions as the programs print them (`252`, `3.3.17`); null when unknown or not there. */
  readonly versions: { readonly systemd: string | null; readonly procps: string | null }
  /** Paths below /proc/sys that exist now (`net/netfilter/nf_conntrack_max`); null when not looked for. */
  readonly paths: ReadonlySet<string> | null
  /** Keys, in today's names, that the host shows now; absent when not looked for. */
  readonly seenKeys?: readonly string[]
  /** What to predict besides max and hashsize; any spelling. */
  readonly keys: readonly string[]
}

/** Folders whose files decide something at boot, and how the names of these end. */
export const bootFolders = [
  ...below(['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'], 'sysctl.d', '.conf'),
  ...below(['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'], 'modprobe.d', '.conf'),
  ...below(['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'], 'modules-load.d', '.conf'),
  ...below(['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'], 'udev/rules.d', '.rules'),
  ...below(['/etc/sysconfig'], 'modules', '.modules'),
  ...below(['/etc'], 'dracut.conf.d', '.conf'),
  // OpenWrt.
  ...below(['/etc'], 'modules.d', ''),
] as const

function below(
  roots: readonly string[],
  name: string,
  suffix: string,
): readonly { readonly folder: string; readonly suffix: string }[] {
  return roots.map((root) => ({ folder: `${root}/${name}`, suffix }))
}

/** Files beyond those folders that do; the probe adds /boot/sysctl.conf-KERNEL, which SUSE has. */
export const otherBootFiles = [
  '/etc/sysctl.conf',
  '/etc/modules',
  '/etc/modprobe.conf',
  '/etc/conf.d/modules',
  '/etc/rc.modules',
  '/etc/ufw/sysctl.conf',
  '/etc/ufw/ufw.conf',
  '/etc/default/ufw',
  '/etc/sysconfig/iptables-config',
  '/etc/initramfs-tools/modules',
  '/etc/mkinitcpio.conf',
  '/etc/dracut.conf',
] as const

/**
 * Basic regular expressions (`grep -e`) for the lines of those files that can matter: conntrack by any
 * name, globs, which match keys without naming them, and the lines that name what is to be loaded.
 */
export const bootLinePatterns = [
  'conntrack',
  'nf_flowtable',
  'hashsize',
  'SUBSYSTEM=="module"',
  '^[^=#;]*[*?[]',
  '^[[:space:]]*\\(options\\|install\\|blacklist\\|softdep\\|alias\\)[[:space:]]',
  '^[[:space:]]*[A-Za-z0-9_-]\\{1,\\}[[:space:]]*$',
  '^[[:space:]]*\\(modules\\|ENABLED\\|IPT_SYSCTL\\|IPTABLES_[A-Z_]*\\)=',
] as const
