import type { BootFile, BootSystem } from './boot-system.ts'
import type { Place } from './boot-prediction.ts'
import { readCommandLine } from './command-line.ts'
import { baseName, effectiveFiles, filesIn, type Folders } from './effective-files.ts'
import { underscores, type ModprobeConfig } from './modprobe-config.ts'
import { placeOf } from './statement.ts'

/** A module that is loaded before the sysctls are set. */
interface EarlyModule {
  readonly name: string
  /** Options that stand behind its name. */
  readonly words: readonly string[]
  readonly place: Place
}

export interface EarlyModules {
  readonly modules: readonly EarlyModule[]
  /** Listed and yet not loaded, with the reason; a clause. */
  readonly denied: readonly (EarlyModule & { readonly reason: string })[]
  readonly unreadable: readonly string[]
}

/** modules-load.d(5). */
const loadFolders: Folders = {
  paths: [
    '/etc/modules-load.d',
    '/run/modules-load.d',
    '/usr/local/lib/modules-load.d',
    '/usr/lib/modules-load.d',
    '/lib/modules-load.d',
  ],
  suffix: '.conf',
  hidden: false,
}

/** The modules that this init loads before it sets the sysctls, in its order. */
export function earlyModules(system: BootSystem, config: ModprobeConfig): EarlyModules {
  const files = filesOf(system)
  const listed = [
    ...(system.init === 'systemd' ? fromCommandLine(system) : []),
    ...files.flatMap((file) => modulesIn(file, system)),
  ]
  const isDenied = ({ name }: EarlyModule): Place | undefined =>
    appliesBlacklist(system) ? config.blacklist.find(({ module }) => module === name)?.place : undefined
  return {
    modules: listed.filter((module) => !isDenied(module)),
    denied: listed.flatMap((module) => {
      const place = isDenied(module)
      return place ? [{ ...module, reason: `${place.file}:${place.line} blacklists it` }] : []
    }),
    unreadable: files.filter(({ kind }) => kind === 'unreadable').map(({ path }) => path),
  }
}

/**
 * Where each init looks: systemd-modules-load in modules-load.d only (Debian links /etc/modules into
 * it); Debian's init.d/kmod in both; OpenRC's init.d/modules.in, Alpine's modules.initd without hiding
 * namesakes; RHEL 6's rc.sysinit in scripts; OpenWrt's kmodloader in modules.d.
 */
function filesOf({ init, files, os }: BootSystem): readonly BootFile[] {
  const effective = effectiveFiles(files, loadFolders)
  const single = (path: string): readonly BootFile[] => files.filter((file) => file.path === path)
  switch (init) {
    case 'systemd':
      return effective
    case 'sysvinit-debian':
      return [...effective, ...single('/etc/modules')]
    case 'openrc':
      return [...effective, ...single('/etc/conf.d/modules')]
    case 'openrc-alpine':
      return [
        ...single('/etc/modules'),
        ...loadFolders.paths.flatMap((folder) => filesIn(files, folder, loadFolders)),
      ]
    case 'sysvinit-rhel5':
    case 'sysvinit-rhel6':
      return [
        ...filesIn(files, '/etc/sysconfig/modules', { suffix: '.modules', hidden: false }),
        ...single('/etc/rc.modules'),
      ]
    case 'busybox':
      return os.id === 'openwrt' ? filesIn(files, '/etc/modules.d', { suffix: '', hidden: false }) : []
    case 'unknown':
      return []
  }
}

function modulesIn(file: BootFile, { init }: BootSystem): readonly EarlyModule[] {
  return file.lines.flatMap((line) => {
    const place = placeOf(file, line)
    const words = wordsOf(line.text, file, init)
    const [name, ...rest] = words
    if (name === undefined || name === '') return []
    if (baseName(file.path) === 'modules' && file.path.startsWith('/etc/conf.d/')) {
      return words.map((word) => ({ name: underscores(word), words: [], place }))
    }
    // systemd takes the whole line for the name; the others pass the rest on as options.
    return init === 'systemd' && rest.length > 0 ? [] : [{ name: underscores(name), words: rest, place }]
  })
}

function wordsOf(text: string, file: BootFile, init: BootSystem['init']): readonly string[] {
  const bare = init === 'openrc-alpine' ? text.replace(/#.*/, '') : text
  if (/^\s*[#;]/.test(bare)) return []
  if (file.path === '/etc/conf.d/modules') {
    return /^\s*modules(?:_[\d_]+)?="?([^"]*)"?/.exec(bare)?.[1]?.split(/\s+/) ?? []
  }
  if (init === 'sysvinit-rhel6' || init === 'sysvinit-rhel5') {
    // Scripts: the names behind a modprobe, up to what ends the command.
    const command = /\bmodprobe\s+((?:-\S+\s+)*)([A-Za-z0-9_-]+(?:\s+[^;&|>\s]+)*)/.exec(bare)
    return command?.[2]?.split(/\s+/) ?? []
  }
  return bare.trim().split(/\s+/)
}

function fromCommandLine({ commandLine }: BootSystem): readonly EarlyModule[] {
  return readCommandLine(commandLine ?? '').loads.map((name) => ({
    name,
    words: [],
    place: { file: '/proc/cmdline', line: 1 },
  }))
}

/**
 * systemd-modules-load and OpenRC let `blacklist` keep away a module that is asked for by name
 * (module-util.c KMOD_PROBE_APPLY_BLACKLIST; modprobe --use-blacklist); plain modprobe does not.
 */
function appliesBlacklist({ init }: BootSystem): boolean {
  return init === 'systemd' || init === 'openrc'
}
