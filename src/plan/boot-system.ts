import type { HostFacts } from '../host/facts.ts'
import type { BootFile, BootSystem } from '../kernel/boot/boot-system.ts'
import { settingsAtBoot } from './settings-at-boot.ts'
import type { SizedWish } from './size-wish.ts'
import { wishedFiles } from './wished-files.ts'

/** The host as it will boot once our files are written: what the prediction of a reboot needs to know. */
export function bootSystemOf(wish: SizedWish, facts: HostFacts): BootSystem {
  const ours = wishedFiles(wish, facts).map(({ path, text }): BootFile => ({
    path,
    kind: 'file',
    link: null,
    lines: text.split('\n').map((line, index) => ({ line: index + 1, text: line })),
  }))
  const replaced = new Set(ours.map(({ path }) => path))
  const { init, systemdVersion, services, commandLine, files } = facts.boot
  return {
    init,
    os: facts.os,
    kernel: facts.kernel,
    family: facts.family === 'ip' ? 'ip' : 'nf',
    pageBytes: facts.pageBytes,
    pointerBytes: 8,
    memoryTotalBytes: facts.memoryTotalBytes,
    builtin: facts.module === 'builtin' ? facts.conntrackModules : [],
    loaded: facts.module === 'loaded' ? facts.conntrackModules : [],
    initramfsLoads: 'unknown',
    commandLine,
    files: [...files.filter(({ path }) => !replaced.has(path)), ...ours],
    services,
    versions: { systemd: systemdVersion, procps: null },
    paths: null,
    keys: [...settingsAtBoot(wish, facts).keys()],
  }
}
