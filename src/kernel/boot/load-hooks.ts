import type { BootFile, BootSystem } from './boot-system.ts'
import type { Place } from './boot-prediction.ts'
import { effectiveFiles, type Folders } from './effective-files.ts'
import type { ModprobeConfig } from './modprobe-config.ts'
import { globMatches } from './path-glob.ts'
import { placeOf } from './statement.ts'
import { wrappedLines } from './wrapped-lines.ts'

/** What is run when a module comes. */
export interface Hook {
  readonly place: Place
  readonly commands: readonly HookCommand[]
}

/** The commands that we can follow; `other` may set anything. */
type HookCommand =
  | { readonly kind: 'systemd_sysctl'; readonly prefixes: readonly string[] }
  | { readonly kind: 'sysctl_system'; readonly pattern: RegExp | null }
  | { readonly kind: 'sysctl_file'; readonly file: string }
  | { readonly kind: 'assignment'; readonly key: string; readonly value: string }
  | { readonly kind: 'other'; readonly text: string }

const ruleFolders: Folders = {
  paths: [
    '/etc/udev/rules.d',
    '/run/udev/rules.d',
    '/usr/local/lib/udev/rules.d',
    '/usr/lib/udev/rules.d',
    '/lib/udev/rules.d',
  ],
  suffix: '.rules',
  hidden: false,
}

/** How modprobe's `install` line for a module, the first that matches (kmod_module_get_install_commands), turns out. */
export type Install =
  | { readonly kind: 'none' }
  /** It loads the module, then runs the hook's commands. */
  | { readonly kind: 'loads'; readonly hook: Hook }
  | { readonly kind: 'blocks'; readonly place: Place }
  | { readonly kind: 'unclear'; readonly hook: Hook }

/** The `install` command that stands before loading `module`. */
export function installOf(module: string, { installs }: ModprobeConfig): Install {
  const found = installs.find((install) => globMatches(install.module, module, false))
  if (!found) return { kind: 'none' }
  const { command, place } = found
  const parts = command
    .split(/&&|\|\||;|&/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const loads = /\b(modprobe\b.*(--ignore-install|\s-i\b)|insmod\b)/.test(command)
  if (!loads) {
    return parts.every((part) => /^(\S*\/)?(true|false|:)(\s|$)|^:$/.test(part))
      ? { kind: 'blocks', place }
      : { kind: 'unclear', hook: { place, commands: [{ kind: 'other', text: command }] } }
  }
  const commands = parts.filter((part) => !/\b(modprobe|insmod)\b/.test(part)).map(readCommand)
  return { kind: 'loads', hook: { place, commands } }
}

/** The udev rules that run something when `module` is added (sysctl.d(5), example 2). */
export function udevHooks(module: string, { files }: BootSystem): readonly Hook[] {
  return effectiveFiles(files, ruleFolders).flatMap((file) => rulesIn(file, module))
}

function rulesIn(file: BootFile, module: string): readonly Hook[] {
  return wrappedLines(file).flatMap((line) => {
    if (/^\s*#/.test(line.text)) return []
    const match = (name: string): string | undefined =>
      new RegExp(String.raw`\b${name}\s*==\s*"([^"]*)"`).exec(line.text)?.[1]
    const matches = (name: string, value: string): boolean =>
      match(name)
        ?.split('|')
        .some((glob) => globMatches(glob.replaceAll('/', '_'), value.replaceAll('/', '_'), false)) ?? true
    const isOurs =
      match('SUBSYSTEM') === 'module' &&
      matches('ACTION', 'add') &&
      matches('KERNEL', module) &&
      matches('DEVPATH', `/module/${module}`)
    const commands = [...line.text.matchAll(/\bRUN(?:\{program\})?\s*\+?:?=\s*"([^"]*)"/g)].map((run) =>
      readCommand(run[1] ?? ''),
    )
    return isOurs && commands.length > 0 ? [{ place: placeOf(file, line), commands }] : []
  })
}

/** Reads a command as far as we know it; shell quotes are taken off. */
function readCommand(text: string): HookCommand {
  const words = [...text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  )
  const [program = '', ...rest] = words.filter((word) => !/^\d?>{1,2}/.test(word))
  if (/(^|\/)systemd-sysctl$/.test(program)) return systemdCommand(rest, text)
  if (/(^|\/)sysctl$/.test(program)) return sysctlCommand(rest, text)
  return { kind: 'other', text }
}

function systemdCommand(words: readonly string[], text: string): HookCommand {
  const prefixes = words.map((word) =>
    /^--prefix=\/?(?:proc\/sys\/)?(.+)$/.exec(word)?.[1]?.replaceAll('.', '/'),
  )
  return prefixes.every((prefix) => prefix !== undefined)
    ? { kind: 'systemd_sysctl', prefixes: prefixes.map((prefix) => prefix.replace(/\/$/, '')) }
    : { kind: 'other', text }
}

function sysctlCommand(words: readonly string[], text: string): HookCommand {
  let pattern: RegExp | null = null
  let file: string | null = null
  let system = false
  let assigned: HookCommand | null = null
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    const next = words[index + 1]
    const assignment = /^([A-Za-z0-9_./-]+)=(.*)$/.exec(word)
    if (/^(-q|--quiet|-e|--ignore|-w|--write|-n)$/.test(word)) continue
    else if (word === '--system') system = true
    else if (/^(-r|--pattern)$/.test(word) && next !== undefined) {
      pattern = readPattern(next)
      if (!pattern) return { kind: 'other', text }
      index += 1
    } else if (/^(-p|-f|--load)$/.test(word)) {
      file = next !== undefined && !next.startsWith('-') ? next : '/etc/sysctl.conf'
      index += file === next ? 1 : 0
    } else if (assignment && !word.startsWith('-')) {
      assigned = { kind: 'assignment', key: assignment[1] ?? '', value: assignment[2] ?? '' }
    } else return { kind: 'other', text }
  }
  if (system) return { kind: 'sysctl_system', pattern }
  if (file !== null) return { kind: 'sysctl_file', file }
  return assigned ?? { kind: 'other', text }
}

/** POSIX extended and JavaScript agree on what such patterns use; null where they may not. */
function readPattern(text: string): RegExp | null {
  if (/\(\?|\\[A-Za-z0-9]|\[\[?[:.=]\w/.test(text)) return null
  try {
    return new RegExp(text)
  } catch {
    return null
  }
}
