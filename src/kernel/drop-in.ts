import { parseSysctlLine } from './sysctl-conf.ts'

const header = '# Written by conntrackctl. Change the playbook, not this file.\n'

/**
 * Our sysctl.d file with `settings` set: lines that are there for other keys stay, so that two
 * playbooks for one host do not undo each other. Keys as they shall stand in the file.
 */
export function renderSysctlDropIn(before: string | null, settings: ReadonlyMap<string, string>): string {
  const lines = new Map<string, string>()
  for (const line of before?.split('\n') ?? []) {
    const assignment = parseSysctlLine(line)
    if (assignment) lines.set(assignment.key, line)
  }
  for (const [key, value] of settings) {
    const canonical = parseSysctlLine(`${key} = ${value}`)?.key ?? key
    lines.set(canonical, `${key} = ${value}`)
  }
  return `${header}${[...lines.values()].map((line) => `${line}\n`).join('')}`
}

/** Our modprobe.d file: the hashsize with which the module is loaded. */
export function renderModprobeDropIn(module: string, buckets: number): string {
  return `${header}options ${module} hashsize=${buckets}\n`
}

/** Our modules-load.d file: the modules that must be there before the sysctls are set at boot. */
export function renderModulesLoadDropIn(modules: readonly string[]): string {
  return `${header}${modules.map((module) => `${module}\n`).join('')}`
}

/** The start-up script for systems that read no folder of settings: loads the module, then sets the values. */
export function renderStartScript(
  before: string | null,
  module: string,
  buckets: number | undefined,
  settings: ReadonlyMap<string, string>,
): string {
  const values = new Map([...scriptSettings(before ?? ''), ...settings])
  // What another play asked for stays, as with the settings.
  const kept = buckets ?? /^modprobe \S+ hashsize=(\d+)$/m.exec(before ?? '')?.[1]
  const hashsize = kept === undefined ? '' : ` hashsize=${kept}`
  const lines = [...values].map(([key, value]) => `sysctl -q -w ${key}="${value}"\n`)
  return `#!/bin/sh\n${header}modprobe ${module}${hashsize}\n${lines.join('')}`
}

/** The values that such a script of ours sets, by key as it spells them. */
export function scriptSettings(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/^sysctl -q -w (\S+)="([^"]*)"$/gm)].map(([, key = '', value = '']) => [key, value]),
  )
}
