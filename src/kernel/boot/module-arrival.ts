import type { BootSystem } from './boot-system.ts'
import type { BootPrediction, Certainty } from './boot-prediction.ts'
import { readCommandLine } from './command-line.ts'
import { conntrackServices, type ConntrackService } from './conntrack-services.ts'
import { earlyModules } from './early-modules.ts'
import { hasLayer3Modules } from './layer3.ts'
import { installOf, type Install } from './load-hooks.ts'
import { modprobeConfig } from './modprobe-config.ts'
import { hashsizeAtLoad, type HashsizeAtLoad } from './module-options.ts'
import { conntrackModulesWith } from './module-users.ts'
import { showPlace } from './statement.ts'

/** Who brings the conntrack modules, and when. */
export interface ModuleArrival {
  readonly presentAt: BootPrediction['modulePresentAt']
  readonly certainty: Certainty
  readonly why: string
  /** Those that are there before the sysctls are set. */
  readonly early: readonly string[]
  /** May it come earlier than `presentAt` says (a service that nothing orders)? */
  readonly mayComeEarly: boolean
  readonly services: readonly ConntrackService[]
  readonly hashsize: HashsizeAtLoad
  readonly install: Install
  readonly unreadable: readonly string[]
}

/** Works out when nf_conntrack (or ip_conntrack) comes, seen from the setting of the sysctls. */
export function moduleArrival(system: BootSystem): ModuleArrival {
  const config = modprobeConfig(system.files)
  const listed = earlyModules(system, config)
  const core = `${system.family}_conntrack`
  const hasLayer3 = hasLayer3Modules(system)
  const bringsOf = (name: string): readonly string[] => {
    const softdep = config.softdeps.filter(({ module }) => module === name).flatMap(({ brings }) => brings)
    const alias = config.aliases.find((one) => one.name === name)?.module ?? name
    return [alias, ...softdep].flatMap((module) => conntrackModulesWith(module, system.family, hasLayer3))
  }
  const bringing = listed.modules.filter(({ name }) => bringsOf(name).length > 0)
  const first = bringing[0]
  const through = first && first.name !== core && conntrackAlias(first.name, config.aliases, core)
  const extra = (first?.name === core || through ? first?.words : undefined) ?? []
  const given = hashsizeAtLoad(
    system,
    // Words behind a name in /etc/modules come last of all.
    first && extra.length > 0
      ? { ...config, options: [...config.options, { module: core, words: extra, place: first.place }] }
      : config,
    through ? [core, first.name] : [core],
  )
  // It comes before anything that the root has a word in, and whoever loads it again changes nothing.
  const hashsize =
    system.initramfsLoads === 'yes'
      ? { ...given, doubt: 'the initramfs loads it, with a copy of modprobe.d that may be an old one' }
      : given
  const install = installOf(core, config)
  const services = conntrackServices.filter(({ name }) => system.services?.includes(name) === true)
  const denied = listed.denied.find(({ name }) => bringsOf(name).length > 0)
  const common = {
    early: [...new Set(bringing.flatMap(({ name }) => bringsOf(name)))],
    mayComeEarly: false,
    services,
    hashsize,
    install,
    unreadable: [...config.unreadable, ...listed.unreadable],
  }
  const never = (certainty: Certainty, why: string): ModuleArrival => ({
    ...common,
    presentAt: 'never',
    certainty,
    why,
    early: [],
    services: [],
  })

  if (system.builtin.includes(core))
    return { ...common, presentAt: 'builtin', certainty: 'certain', why: `${core} is built into the kernel` }
  if (readCommandLine(system.commandLine ?? '').forbidden.includes(core)) {
    return never('certain', `module_blacklist= on the kernel's command line forbids ${core}`)
  }
  if (hashsize.bad) {
    return never(
      'likely',
      `${showPlace(hashsize.bad.place)} gives hashsize=${hashsize.bad.text}, with which ${core} refuses to load`,
    )
  }
  if (install.kind === 'blocks')
    return never('likely', `${showPlace(install.place)} runs a command instead of loading ${core}`)
  if (system.initramfsLoads === 'yes' && !first) {
    return {
      ...common,
      presentAt: 'before_sysctl',
      certainty: 'likely',
      why: `the initramfs loads ${core}`,
    }
  }
  if (first) {
    return {
      ...common,
      presentAt: 'before_sysctl',
      certainty: earlyCertainty(system, install),
      why: `${showPlace(first.place)} loads ${first.name} before the sysctls are set`,
    }
  }
  const unread = listed.unreadable[0]
  if (unread !== undefined) {
    return {
      ...common,
      presentAt: 'after_sysctl',
      certainty: 'unknown',
      mayComeEarly: true,
      why: `${unread} could not be read: whether it loads ${core} is not known`,
    }
  }
  const but = denied ? `; ${showPlace(denied.place)} means to load ${denied.name}, but ${denied.reason}` : ''
  const service = services[0]
  if (service) {
    const around = services.find(({ starts }) => starts === 'around')
    return {
      ...common,
      presentAt: 'after_sysctl',
      certainty: around && system.init === 'systemd' ? 'unknown' : 'likely',
      mayComeEarly: around !== undefined && system.init === 'systemd',
      why: `${around && system.init === 'systemd' ? `${around.name} loads ${core}, and nothing orders it against the setting of the sysctls` : `${service.name} loads ${core}, after the sysctls are set`}${but}`,
    }
  }
  if (system.loaded.includes(core) || system.services === null) {
    const why = system.loaded.includes(core)
      ? `${core} is loaded now, and what loads it is not known`
      : 'which services start at boot is not known'
    return {
      ...common,
      presentAt: 'after_sysctl',
      certainty: 'unknown',
      mayComeEarly: true,
      why: `${why}${but}`,
    }
  }
  return never('likely', `nothing that is known loads ${core} at boot${but}`)
}

/** Is `name` only another name of the module itself? Then options for that name count as well. */
function conntrackAlias(
  name: string,
  aliases: readonly { readonly name: string; readonly module: string }[],
  core: string,
): boolean {
  return (
    (name === 'ip_conntrack' && core === 'nf_conntrack') ||
    aliases.some((alias) => alias.name === name && alias.module === core)
  )
}

/** Only systemd orders modules and sysctls by name (systemd-sysctl.service: After=systemd-modules-load.service). */
function earlyCertainty({ init }: BootSystem, install: Install): Certainty {
  if (install.kind === 'unclear') return 'unknown'
  return init === 'systemd' ? 'certain' : 'likely'
}
