// @ts-check
// What a test asks for, host by host, and what the keeper is told for it.

/**
 * @typedef {'standard' | 'container' | 'no-module' | 'module-missing' | 'read-only' | 'legacy' | 'full-disk'
 *   | 'hangs-after-login' | 'drops-after-login' | 'refuses-key' | 'host-key-unknown' | 'host-key-changed'
 *   | 'down' | 'silent' | 'not-ssh'} HostKind
 *
 * - `standard`: nf_conntrack built in; max, buckets and hashsize are the host's own and follow the kernel's rules.
 * - `container`: a bare network namespace: max and buckets 0444, hashsize refused (EOPNOTSUPP), no net.nf_conntrack_max.
 * - `no-module`: nf_conntrack is not loaded; `modprobe nf_conntrack` loads it. `module-missing`: modprobe cannot.
 * - `read-only`: everything below /proc/sys is mounted read-only.
 * - `legacy`: ip_conntrack_* as before Linux 2.6.20, and uname -r says 2.6.
 * - `full-disk`: /etc/sysctl.d, /etc/modprobe.d and /etc/modules-load.d have no block left.
 * - `hangs-after-login`, `drops-after-login`: every command hangs, or takes the connection down.
 * - `refuses-key`: knows no key. `host-key-unknown`, `host-key-changed`: as the rig's known_hosts sees it.
 * - `down`: an address without a listener. `silent`: takes connections and says nothing. `not-ssh`: answers in HTTP.
 */

/**
 * A file of a host: its text (owner root, mode 0644), or more about it.
 * @typedef {string | {text: string, mode?: number, uid?: number, gid?: number} | {link: string}} HostFile
 */

/**
 * @typedef {object} HostSpec
 * @property {string} name as in the inventory; letters, digits, `.`, `_` and `-`
 * @property {HostKind} [kind]
 * @property {number} [max] entries; 262144 unless told
 * @property {number} [hashsize] buckets; 65536 unless told
 * @property {number} [count] entries in use, from then on a fixed number; without it the kernel's own count
 * @property {boolean} [plainValues] max, buckets and hashsize are plain files without a kernel's rules: for benchmarks, in
 *   which the rules' own process would count as the host's work
 * @property {boolean} [refuseZeroMax] as kernels from 6.19 on do
 * @property {number} [memoryBytes] what /proc/meminfo says is there
 * @property {Record<string, string>} [values] path below /proc/sys/net and what to write there before anybody logs in
 * @property {Record<string, HostFile>} [files] absolute path and what to lay there
 * @property {Record<string, string>} [folders] absolute path and the folder of this machine that is seen there, read-only
 * @property {readonly string[]} [sshd] lines for the top of its sshd_config, where they win
 * @property {Record<string, unknown>} [vars] for the inventory, over the rig's own
 * @property {readonly string[]} [groups] of the inventory
 * @property {import('./tcp-proxy.mjs').ProxyOptions} [proxy] reach the host through this
 */

/** As Linux 2.6.18 has them after load. */
const legacySeconds = {
  generic_timeout: 600,
  icmp_timeout: 30,
  log_invalid: 0,
  tcp_be_liberal: 0,
  tcp_loose: 3,
  tcp_max_retrans: 3,
  tcp_timeout_close: 10,
  tcp_timeout_close_wait: 60,
  tcp_timeout_established: 432000,
  tcp_timeout_fin_wait: 120,
  tcp_timeout_last_ack: 30,
  tcp_timeout_max_retrans: 300,
  tcp_timeout_syn_recv: 60,
  tcp_timeout_syn_sent: 120,
  tcp_timeout_time_wait: 120,
  udp_timeout: 30,
  udp_timeout_stream: 180,
}

/** @type {Partial<Record<HostKind, string[]>>} */
const sshdLines = {
  'hangs-after-login': ['ForceCommand exec sleep infinity'],
  'drops-after-login': ['ForceCommand kill -9 $PPID'],
  'refuses-key': ['AuthorizedKeysFile none'],
}

/** @type {Partial<Record<HostKind, 'none' | 'silent' | 'not-ssh'>>} */
const listeners = { down: 'none', silent: 'silent', 'not-ssh': 'not-ssh' }

/** @param {HostSpec} spec */
function sshdConfig({ sshd = [], kind = 'standard' }) {
  return [
    ...sshd,
    ...(sshdLines[kind] ?? []),
    'HostKey /etc/ssh/ssh_host_ed25519_key',
    'PermitRootLogin yes',
    'PasswordAuthentication yes',
    'KbdInteractiveAuthentication no',
    'UsePAM yes',
    'UseDNS no',
    'LogLevel VERBOSE',
    'PrintMotd no',
    'PrintLastLog no',
    'AcceptEnv LANG LC_*',
    'Subsystem sftp internal-sftp',
    '',
  ].join('\n')
}

/**
 * What keeper.py builds for one host.
 * @param {HostSpec} spec
 * @param {string} privateHostKey
 */
export function keeperSpec(spec, privateHostKey) {
  const { name, kind = 'standard', max = 262144, hashsize = 65536, count } = spec
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw new Error(`not a name for a host: ${name}`)
  const isLegacy = kind === 'legacy'
  return {
    name,
    listener: listeners[kind] ?? 'sshd',
    family: isLegacy ? 'ip' : kind === 'container' ? 'container' : 'nf',
    module:
      { 'no-module': 'loadable', 'module-missing': 'missing' }[/** @type {string} */ (kind)] ?? 'loaded',
    readOnly: kind === 'read-only',
    fullDisk: kind === 'full-disk',
    settings: JSON.stringify({
      max,
      hashsize,
      count: count ?? 0,
      refuse_zero: spec.refuseZeroMax ?? false,
      seconds: isLegacy ? legacySeconds : {},
    }),
    plainValues: spec.plainValues ?? false,
    countGiven: count !== undefined,
    seconds: isLegacy ? Object.keys(legacySeconds) : [],
    meminfo: spec.memoryBytes === undefined ? '' : meminfo(spec.memoryBytes),
    bootId: crypto.randomUUID(),
    values: spec.values ?? {},
    folders: spec.folders ?? {},
    files: {
      '/etc/hostname': { text: `${name}\n` },
      '/etc/hosts': { text: `127.0.0.1 localhost ${name}\n` },
      '/etc/ssh/ssh_host_ed25519_key': { text: privateHostKey, mode: 0o600 },
      '/etc/ssh/sshd_config': { text: sshdConfig(spec) },
      ...Object.fromEntries(
        Object.entries(spec.files ?? {}).map(([path, file]) => [
          path,
          typeof file === 'string' ? { text: file } : file,
        ]),
      ),
    },
  }
}

/** @param {number} memoryBytes */
function meminfo(memoryBytes) {
  const kibibytes = (/** @type {number} */ share) =>
    String(Math.round((memoryBytes * share) / 1024)).padStart(8)
  return `MemTotal:       ${kibibytes(1)} kB\nMemFree:        ${kibibytes(0.5)} kB\nMemAvailable:   ${kibibytes(0.7)} kB\n`
}
