import type { KeyPrediction } from '../../../../src/kernel/boot/boot-prediction.ts'
import type { BootFile, BootSystem } from '../../../../src/kernel/boot/boot-system.ts'
import { predictBoot } from '../../../../src/kernel/boot/predict-boot.ts'
import { variableKey } from '../../../../src/kernel/boot/variables.ts'

/** A file with these lines. */
export function file(path: string, ...lines: readonly string[]): BootFile {
  return { path, kind: 'file', link: null, lines: lines.map((text, index) => ({ line: index + 1, text })) }
}

/** A link, with the lines of the file to which it leads. */
export function link(path: string, to: BootFile): BootFile {
  return { ...to, path, link: to.path }
}

/** A link to /dev/null. */
export function masked(path: string): BootFile {
  return { path, kind: 'masked', link: '/dev/null', lines: [] }
}

export function unreadable(path: string): BootFile {
  return { path, kind: 'unreadable', link: null, lines: [] }
}

/** Debian 12 with nf_conntrack as a module that nothing loads, and no file at all. */
export function made(parts: Partial<BootSystem> = {}): BootSystem {
  return {
    init: 'systemd',
    os: { id: 'debian', version: '12' },
    kernel: '6.1.0-49-amd64',
    family: 'nf',
    pageBytes: 4096,
    pointerBytes: 8,
    memoryTotalBytes: 8 * 2 ** 30,
    builtin: [],
    loaded: [],
    initramfsLoads: 'no',
    commandLine: 'BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet',
    files: [],
    services: [],
    versions: { systemd: '252', procps: '4.0.2' },
    paths: null,
    keys: ['net.netfilter.nf_conntrack_tcp_timeout_established'],
    ...parts,
  }
}

export const maxKey = 'net.netfilter.nf_conntrack_max'
export const establishedKey = 'net.netfilter.nf_conntrack_tcp_timeout_established'

/** modules-load.d with nf_conntrack in it. */
export const loadsEarly = file('/etc/modules-load.d/conntrack.conf', 'nf_conntrack')

/** The prediction of one key of a system. */
export function predicted(system: BootSystem, key: string = maxKey): KeyPrediction {
  const found = predictBoot({ ...system, keys: [...system.keys, key] }).keys.get(variableKey(key))
  if (!found) throw new Error(`nothing is predicted of ${key}`)
  return found
}

/** `131072 certain /etc/sysctl.conf:1`, for tables. */
export function summary({ value, certainty, decidedBy }: KeyPrediction): string {
  return [value ?? 'absent', certainty, ...(decidedBy ? [`${decidedBy.file}:${decidedBy.line}`] : [])].join(
    ' ',
  )
}
