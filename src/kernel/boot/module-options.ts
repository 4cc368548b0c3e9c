import type { BootSystem } from './boot-system.ts'
import type { Loser, Place } from './boot-prediction.ts'
import { readCommandLine } from './command-line.ts'
import type { ModprobeConfig } from './modprobe-config.ts'
import { showPlace } from './statement.ts'

/** With which hashsize the module comes. */
export interface HashsizeAtLoad {
  /** Null: nobody says. */
  readonly hashsize: number | null
  readonly from: 'module_option' | 'command_line'
  readonly place: Place | null
  readonly losers: readonly Loser[]
  /** A value with which the module refuses to load at all. */
  readonly bad: { readonly place: Place; readonly text: string } | null
  /** Of a file that could not be read. */
  readonly doubt: string | null
}

const cmdline: Place = { file: '/proc/cmdline', line: 1 }

/**
 * The `hashsize=` in force. kmod joins the options of all files in their order and puts those of the
 * command line last; of several, the kernel keeps the last one (libkmod-module.c
 * kmod_module_get_options, libkmod-config.c kmod_config_new; kernel/params.c parse_args).
 * `names`: the module's own, and the alias through which it is loaded.
 */
export function hashsizeAtLoad(
  system: BootSystem,
  config: ModprobeConfig,
  names: readonly string[],
): HashsizeAtLoad {
  const builtin = names.some((name) => system.builtin.includes(name))
  const given = [
    // A kernel that has it built in never asks modprobe.
    ...(builtin ? [] : config.options)
      .filter(({ module }) => names.includes(module))
      .flatMap(({ words, place }) =>
        hashsizes(words).map((text) => ({ text, place, from: 'module_option' as const })),
      ),
    ...readCommandLine(system.commandLine ?? '')
      .parameters.filter(({ module, name }) => names.includes(module) && name === 'hashsize')
      .map(({ value }) => ({ text: value, place: cmdline, from: 'command_line' as const })),
  ]
  const bad = builtin ? undefined : given.find(({ text }) => !isLoadable(text))
  const last = given.at(-1)
  return {
    // 0 is taken at load and means the default.
    hashsize: last && isLoadable(last.text) ? numberOf(last.text) || null : null,
    from: last?.from ?? 'module_option',
    place: last?.place ?? null,
    losers: given.slice(0, -1).map(({ text, place }) => ({
      ...place,
      key: 'hashsize',
      value: text,
      reason: last ? `${showPlace(last.place)} gives another one later` : '',
    })),
    bad: bad ? { place: bad.place, text: bad.text } : null,
    doubt:
      !builtin && config.unreadable[0] !== undefined ? `${config.unreadable[0]} could not be read` : null,
  }
}

function hashsizes(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => /^"?hashsize=(.*?)"?$/.exec(word)?.[1] ?? [])
}

/** kstrtouint(value, 0): the whole of it a number, decimal, `0x` or octal, with or without a plus. */
function isLoadable(text: string): boolean {
  return /^\+?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.test(text) && numberOf(text) <= 4_294_967_295 / 8
}

function numberOf(text: string): number {
  const digits = text.replace(/^\+/, '')
  return /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits)
}
