import { underscores } from './modprobe-config.ts'

/** What the kernel's command line says of modules. */
export interface CommandLine {
  /** Values of `MODULE.PARAMETER=`, in their order. */
  readonly parameters: readonly { readonly module: string; readonly name: string; readonly value: string }[]
  /** `modules_load=` of systemd (modules-load.c, `modules-load` and `rd.` too). */
  readonly loads: readonly string[]
  /** `modprobe.blacklist=` of kmod: as a `blacklist` line of modprobe.d. */
  readonly blacklist: readonly string[]
  /** `sysctl.KEY=VALUE`, in their order; the key as it is spelled, with dots or slashes. */
  readonly sysctls: readonly { readonly key: string; readonly value: string }[]
  /** `module_blacklist=` of the kernel: cannot be loaded at all (kernel/module/main.c). */
  readonly forbidden: readonly string[]
}

/** Reads /proc/cmdline; quotes hold blanks together (kernel/params.c next_arg). */
export function readCommandLine(text: string): CommandLine {
  const parameters: { module: string; name: string; value: string }[] = []
  const loads: string[] = []
  const blacklist: string[] = []
  const sysctls: { key: string; value: string }[] = []
  const forbidden: string[] = []
  for (const word of text.match(/(?:"[^"]*"|[^\s"])+/g) ?? []) {
    const bare = word.replaceAll('"', '')
    const equals = bare.indexOf('=')
    if (equals === -1) continue
    const value = bare.slice(equals + 1)
    const sysctl = /^sysctl[./](.+)$/.exec(bare.slice(0, equals))?.[1]
    if (sysctl !== undefined) {
      sysctls.push({ key: sysctl, value })
      continue
    }
    const key = underscores(bare.slice(0, equals))
    const names = value.split(',').map(underscores)
    const parameter = /^([^.]+)\.([^.]+)$/.exec(key)
    if (key === 'modules_load') loads.push(...names)
    else if (key === 'modprobe.blacklist') blacklist.push(...names)
    else if (key === 'module_blacklist') forbidden.push(...names)
    else if (parameter) parameters.push({ module: parameter[1] ?? '', name: parameter[2] ?? '', value })
  }
  return { parameters, loads, blacklist, sysctls, forbidden }
}
