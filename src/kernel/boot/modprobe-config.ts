import type { BootFile } from './boot-system.ts'
import type { Place } from './boot-prediction.ts'
import { effectiveFiles, type Folders } from './effective-files.ts'
import { placeOf } from './statement.ts'
import { wrappedLines } from './wrapped-lines.ts'

/** modprobe.d(5); kmod 30 libkmod.c default_config_paths, 34 has /usr/lib as well. */
const modprobeFolders: Folders = {
  paths: [
    '/etc/modprobe.d',
    '/run/modprobe.d',
    '/usr/local/lib/modprobe.d',
    '/usr/lib/modprobe.d',
    '/lib/modprobe.d',
  ],
  suffix: '.conf',
  hidden: false,
}

/** `modprobe nf_conntrack` with these words behind it. */
interface ModuleOption {
  readonly module: string
  readonly words: readonly string[]
  readonly place: Place
}

/** A command that is run instead of loading. */
interface InstallCommand {
  /** A glob, as fnmatch(3) has it. */
  readonly module: string
  readonly command: string
  readonly place: Place
}

export interface ModprobeConfig {
  readonly options: readonly ModuleOption[]
  readonly installs: readonly InstallCommand[]
  readonly blacklist: readonly { readonly module: string; readonly place: Place }[]
  readonly softdeps: readonly { readonly module: string; readonly brings: readonly string[] }[]
  readonly aliases: readonly { readonly name: string; readonly module: string }[]
  readonly unreadable: readonly string[]
}

/**
 * Reads modprobe.d as kmod does (libkmod-config.c kmod_config_parse): file by file in the order of
 * their names, `-` and `_` in module names being the same. Names that begin with a directory are no files.
 */
export function modprobeConfig(files: readonly BootFile[]): ModprobeConfig {
  const options: ModuleOption[] = []
  const installs: InstallCommand[] = []
  const blacklist: { module: string; place: Place }[] = []
  const softdeps: { module: string; brings: readonly string[] }[] = []
  const aliases: { name: string; module: string }[] = []
  const read = [
    // module-init-tools, RHEL 5 and 6.
    ...files.filter(({ path }) => path === '/etc/modprobe.conf'),
    ...effectiveFiles(
      files.filter(({ kind }) => kind !== 'directory'),
      modprobeFolders,
    ),
  ]
  for (const file of read)
    for (const { line, text } of wrappedLines(file)) {
      if (text.startsWith('#')) continue
      const [command = '', first = '', ...rest] = text.replace(/^[\t ]+/, '').split(/[\t ]+/)
      const module = underscores(first)
      const place = placeOf(file, { line, text })
      if (module === '') continue
      if (command === 'options')
        options.push({ module, words: rest.flatMap((word) => word.split(/\s+/)), place })
      else if (command === 'install') installs.push({ module, command: rest.join(' '), place })
      else if (command === 'blacklist') blacklist.push({ module, place })
      else if (command === 'softdep')
        softdeps.push({ module, brings: rest.filter((word) => !word.endsWith(':')).map(underscores) })
      else if (command === 'alias') aliases.push({ name: module, module: underscores(rest[0] ?? '') })
    }
  const unreadable = read.filter(({ kind }) => kind === 'unreadable').map(({ path }) => path)
  return { options, installs, blacklist, softdeps, aliases, unreadable }
}

/** `nf-conntrack` -> `nf_conntrack`. */
export function underscores(name: string): string {
  return name.replaceAll('-', '_')
}
