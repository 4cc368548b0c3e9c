import { scriptSettings } from '../drop-in.ts'
import { ourFiles } from '../our-files.ts'
import type { BootFile, BootSystem } from './boot-system.ts'
import type { Certainty } from './boot-prediction.ts'
import { readCommandLine } from './command-line.ts'
import { filesIn } from './effective-files.ts'
import type { Hook } from './load-hooks.ts'
import { procpsFiles, procpsSystem } from './procps-sysctl.ts'
import { alpineFiles, openWrtFiles, redHatFiles, sysctlConf } from './script-files.ts'
import { idle, unreadableWrite, type PassResult, type SysctlWrite } from './statement.ts'
import { busyboxStatements, openrcLoopStatements, procps3Statements } from './sysctl-lines.ts'
import { swappedPath } from './sysctl-path.ts'
import { isAtLeast } from '../release.ts'
import { assumedProcps, procpsVersion, systemdVersion } from './sysctl-versions.ts'
import { systemdFolders, systemdSysctl } from './systemd-sysctl.ts'

/** One time at which sysctls are set. */
export interface SysctlPass {
  /** Who does it, as a subject: `systemd-sysctl`. */
  readonly by: string
  /** Of the pass as a whole: does it happen, and does it happen so? */
  readonly certainty: Certainty
  readonly why: string
  /** `exists`: the paths below /proc/sys that are there by then. */
  readonly run: (exists: ReadonlySet<string>) => PassResult
}

type Run = SysctlPass['run']

/** The passes of the init itself, in their order. */
export function initPasses(system: BootSystem): readonly SysctlPass[] {
  const { init, files, os } = system
  switch (init) {
    case 'systemd': {
      const { options, doubt } = systemdVersion(system)
      return [pass('systemd-sysctl', doubt, (exists) => systemdSysctl(files, options, exists))]
    }
    case 'sysvinit-debian':
      // procps.init.linux of Debian.
      return [systemPass(system, "Debian's init.d/procps runs it")]
    case 'openrc':
      // init.d/sysctl.in: its own loop where sysctl -V fails.
      return [
        system.versions.procps === null
          ? pass(
              "OpenRC's sysctl script",
              'OpenRC orders it after the modules by name only',
              openrcLoop(files),
            )
          : systemPass(system, 'OpenRC orders it after the modules by name only'),
      ]
    case 'openrc-alpine':
      return [
        pass(
          "Alpine's sysctl script",
          "read in Alpine's aports, which has had other orders",
          oneByOne(alpineFiles(files), system),
        ),
      ]
    case 'sysvinit-rhel6': {
      const again = oneByOne(redHatFiles(files), system)
      return [pass('rc.sysinit', "read in Red Hat's initscripts", again)]
    }
    case 'sysvinit-rhel5': {
      const why = "read in Red Hat's initscripts"
      const ours = files.filter(({ path }) => path === ourFiles.startScript).map(scriptAsConf)
      const only = files.filter(({ path }) => path === '/etc/sysctl.conf')
      return [
        pass('our start-up script', why, oneByOne(ours, system)),
        pass('rc.sysinit', why, oneByOne(only, system)),
      ]
    }
    case 'busybox':
      return os.id === 'openwrt'
        ? [
            pass(
              "OpenWrt's init.d/sysctl",
              "read in OpenWrt's base-files",
              oneByOne(openWrtFiles(files), system),
            ),
          ]
        : [
            unknownPass(
              'sysctl -p',
              'nothing says whether this host runs sysctl -p at boot',
              oneByOne(sysctlConf(files), system),
            ),
          ]
    case 'unknown':
      return [
        unknownPass('sysctl --system', 'what sets sysctls at boot on this host is not known', (exists) =>
          procpsSystem(files, assumedProcps.options, exists),
        ),
      ]
  }
}

/**
 * From 5.8 on the kernel itself sets what `sysctl.KEY=VALUE` on its command line says, before there is an init
 * (fs/proc/proc_sysctl.c, do_sysctl_args): of conntrack's keys those that are built in by then.
 */
export function kernelPass({ kernel, commandLine }: BootSystem): readonly SysctlPass[] {
  const { sysctls } = readCommandLine(commandLine ?? '')
  if (sysctls.length === 0 || isAtLeast(kernel, '5.8') === false) return []
  const writes = sysctls.map(({ key, value }): SysctlWrite => ({
    // It makes slashes of all dots.
    path: key.replaceAll('.', '/'),
    value,
    spelled: key,
    place: { file: '/proc/cmdline', line: 1 },
  }))
  return [
    pass('the kernel', null, (exists) => ({
      writes: writes.filter(({ path }) => exists.has(path)),
      idle: [],
    })),
  ]
}

/** RHEL 6's init.d/network sets them once more, after the firewall (initscripts, init.d/network start). */
export function networkPass(system: BootSystem): SysctlPass {
  return pass('init.d/network', "read in Red Hat's initscripts", oneByOne(redHatFiles(system.files), system))
}

/** Is it busybox whose sysctl sets them? */
export function isBusyboxSysctl({ init, versions }: BootSystem): boolean {
  return versions.procps === null && (init === 'openrc-alpine' || init === 'busybox')
}

/** What a service sets itself once it has loaded the module; null when it sets nothing. */
export function servicePass(applies: 'ufw' | 'iptables_list', system: BootSystem): SysctlPass | null {
  const { files } = system
  const setting = (path: string, name: string): string | undefined =>
    files
      .filter((file) => file.path === path)
      .flatMap(({ lines }) =>
        lines.map(({ text }) => new RegExp(`^\\s*${name}=["']?([^"'#]*)`).exec(text)?.[1]?.trim()),
      )
      .findLast((value) => value !== undefined)
  if (applies === 'ufw') {
    if (setting('/etc/ufw/ufw.conf', 'ENABLED')?.toLowerCase() === 'no') return null
    const file = setting('/etc/default/ufw', 'IPT_SYSCTL') ?? '/etc/ufw/sysctl.conf'
    return pass(
      'ufw',
      'ufw applies it at every start',
      oneByOne(
        files.filter(({ path }) => path === file),
        system,
      ),
    )
  }
  const items = setting('/etc/sysconfig/iptables-config', 'IPTABLES_SYSCTL_LOAD_LIST')?.split(/\s+/) ?? []
  const listed = sysctlConf(files).map((file) => ({
    ...file,
    lines: items.flatMap((item) => (item === '' ? [] : file.lines.filter(({ text }) => text.includes(item)))),
  }))
  return listed.some(({ lines }) => lines.length > 0)
    ? pass('init.d/iptables', "read in Red Hat's iptables script", oneByOne(listed, system))
    : null
}

/** What a hook sets when the module comes. */
export function hookPasses({ place, commands }: Hook, system: BootSystem): readonly SysctlPass[] {
  const { files } = system
  const by = `${place.file}:${place.line}`
  return commands.flatMap((command): readonly SysctlPass[] => {
    switch (command.kind) {
      case 'systemd_sysctl': {
        const { options, doubt } = systemdVersion(system)
        const limited = command.prefixes.length > 0 ? { ...options, prefixes: command.prefixes } : options
        return [pass(by, doubt, (exists) => systemdSysctl(files, limited, exists))]
      }
      case 'sysctl_system': {
        const { options, doubt } = procpsVersion(system) ?? assumedProcps
        const limited = command.pattern ? { ...options, pattern: command.pattern } : options
        return [pass(by, doubt, (exists) => procpsSystem(files, limited, exists))]
      }
      case 'sysctl_file':
        return [
          pass(
            by,
            null,
            oneByOne(
              files.filter(({ path }) => path === command.file),
              system,
            ),
          ),
        ]
      case 'assignment': {
        const write = { path: swappedPath(command.key), value: command.value, spelled: command.key, place }
        return [pass(by, null, () => ({ writes: [write], idle: [] }))]
      }
      case 'other': {
        // What names no sysctl and no /proc is taken not to touch any.
        if (!/sysctl|\/proc|conntrack|\.sh\b/.test(command.text)) return []
        const write: SysctlWrite = {
          path: '',
          value: null,
          spelled: '',
          place,
          doubt: `${by} runs \`${command.text.slice(0, 80)}\``,
        }
        return [pass(by, null, () => ({ writes: [write], idle: [] }))]
      }
    }
  })
}

function pass(by: string, assumption: string | null, run: Run): SysctlPass {
  return { by, certainty: assumption === null ? 'certain' : 'likely', why: assumption ?? '', run }
}

function unknownPass(by: string, why: string, run: Run): SysctlPass {
  return { by, certainty: 'unknown', why, run }
}

function systemPass(system: BootSystem, why: string): SysctlPass {
  const { options } = procpsVersion(system) ?? assumedProcps
  return pass('sysctl --system', why, (exists) => procpsSystem(system.files, options, exists))
}

/** The values that our own script sets, as lines of a file of settings. */
function scriptAsConf(file: BootFile): BootFile {
  const lines = file.lines.flatMap(({ line, text }) =>
    [...scriptSettings(text)].map(([key, value]) => ({ line, text: `${key} = ${value}` })),
  )
  return { ...file, lines }
}

/** `sysctl -p FILE` for one file after the other. */
function oneByOne(files: readonly BootFile[], system: BootSystem): Run {
  const procps = procpsVersion(system)
  return (exists) => {
    const results = files.map((file): PassResult => {
      if (file.kind === 'unreadable') return { writes: [unreadableWrite(file)], idle: [] }
      if (procps) return procpsFiles([file], procps.options, exists)
      if (system.init === 'sysvinit-rhel6' || system.init === 'sysvinit-rhel5')
        return written(procps3Statements(file))
      // Its xwrite_str ends the program when a write fails (busybox 1.35 sysctl_act_on_setting).
      const { writes } = written(busyboxStatements(file, exists))
      return { writes: writes.map((write) => ({ ...write, endsFile: true })), idle: [] }
    })
    return { writes: results.flatMap(({ writes }) => writes), idle: results.flatMap((result) => result.idle) }
  }
}

/** BSD_sysctl: nothing without /etc/sysctl.conf; then that, then /etc/sysctl.d. */
function openrcLoop(files: readonly BootFile[]): Run {
  const read = [...sysctlConf(files), ...filesIn(files, '/etc/sysctl.d', systemdFolders)]
  return (exists) =>
    sysctlConf(files).length === 0
      ? {
          writes: [],
          idle: read.flatMap((file) =>
            openrcLoopStatements(file, exists).map((statement) =>
              idle(statement, 'OpenRC reads it only where /etc/sysctl.conf exists'),
            ),
          ),
        }
      : written(read.flatMap((file) => openrcLoopStatements(file, exists)))
}

function written(statements: ReturnType<typeof busyboxStatements>): PassResult {
  return {
    writes: statements.flatMap(({ value, ...rest }) => (value === null ? [] : [{ ...rest, value }])),
    idle: [],
  }
}
