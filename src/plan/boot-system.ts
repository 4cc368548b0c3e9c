import type { HostFacts } from '../host/facts.ts'
import type { BootFile, BootSystem } from '../kernel/boot/boot-system.ts'
import { initramfsLoad } from '../kernel/boot/initramfs.ts'
import { settingsAtBoot } from './settings-at-boot.ts'
import type { SizedWish } from './size-wish.ts'
import type { WishedFile } from './wished-files-at.ts'

/** The host as it will boot with our files as wished and those of others edited: what the prediction of a reboot needs to know. */
export function bootSystemWith(
  wish: SizedWish,
  facts: HostFacts,
  wished: readonly WishedFile[],
  edits: ReadonlyMap<string, { readonly after: string }> = new Map(),
): BootSystem {
  const ours = wished.flatMap(({ path, text }): readonly BootFile[] =>
    text === null ? [] : [{ path, kind: 'file', link: null, lines: linesOf(text) }],
  )
  const replaced = new Set(wished.map(({ path }) => path))
  const edited = (file: BootFile): BootFile => {
    const edit = edits.get(file.link ?? file.path)
    return edit === undefined ? file : { ...file, lines: linesOf(edit.after) }
  }
  const { init, systemdVersion, procpsVersion, services, commandLine, files } = facts.boot
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
    initramfsLoads: initramfsLoad(files).loads,
    commandLine,
    files: [...files.filter(({ path }) => !replaced.has(path)).map(edited), ...ours],
    services,
    versions: { systemd: systemdVersion, procps: procpsVersion },
    paths: null,
    seenKeys: [...facts.places].filter(([, { state }]) => state !== 'missing').map(([key]) => key),
    keys: [...settingsAtBoot(wish, facts).keys()],
  }
}

function linesOf(text: string): BootFile['lines'] {
  return text.split('\n').map((line, index) => ({ line: index + 1, text: line }))
}
