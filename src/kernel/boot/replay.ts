import { tableKeys } from '../table-keys.ts'
import type { Certainty, KeyPrediction, Loser, Place } from './boot-prediction.ts'
import type { BootSystem } from './boot-system.ts'
import { worst } from './certainty.ts'
import { kernelDefault, sizesAtLoad } from './kernel-default.ts'
import { kernelTakes } from './kernel-value.ts'
import type { HashsizeAtLoad } from './module-options.ts'
import { globMatches, isGlob } from './path-glob.ts'
import { showPlace, type SysctlWrite } from './statement.ts'
import { pathToFile } from './sysctl-path.ts'
import type { SysctlPass } from './sysctl-passes.ts'
import type { Variable } from './variables.ts'
import { isAtLeast } from '../release.ts'

/** What happens at boot, as far as it concerns us. */
export type BootEvent =
  | { readonly kind: 'load'; readonly modules: readonly string[]; readonly hashsize: HashsizeAtLoad }
  | { readonly kind: 'pass'; readonly pass: SysctlPass }

interface State {
  present: boolean
  value: string | null
  from: KeyPrediction['from']
  decidedBy: Place | null
  certainty: Certainty
  why: string
  spelled: string
  losers: Loser[]
}

/** Lets the events of a boot happen, one after the other, and tells what each variable holds in the end. */
export function replay(
  system: BootSystem,
  variables: readonly Variable[],
  events: readonly BootEvent[],
): ReadonlyMap<string, KeyPrediction> {
  const states = new Map(variables.map((variable) => [variable.key, initialState(variable)]))
  const loaded = new Set<string>()
  for (const event of events) {
    if (event.kind === 'load') {
      const core = event.modules.find((module) => !loaded.has(module) && /^(nf|ip)_conntrack$/.test(module))
      for (const module of event.modules) loaded.add(module)
      appear(system, variables, states, loaded, core === undefined ? null : event.hashsize)
    } else applyPass(system, variables, states, event.pass)
  }
  return new Map(variables.map(({ key }) => [key, prediction(states.get(key))]))
}

function initialState({ modules, paths }: Variable): State {
  const isAlways = modules.length === 0
  return {
    present: isAlways,
    value: null,
    from: isAlways ? 'kernel_default' : 'absent',
    decidedBy: null,
    certainty: isAlways || paths.length === 0 ? 'likely' : 'certain',
    why: isAlways
      ? 'no file sets it'
      : paths.length === 0
        ? 'this kernel has no such key'
        : 'nothing that is known loads its module',
    spelled: '',
    losers: [],
  }
}

/** The keys of modules that have just come, with the values they bring. */
function appear(
  system: BootSystem,
  variables: readonly Variable[],
  states: ReadonlyMap<string, State>,
  loaded: ReadonlySet<string>,
  hashsize: HashsizeAtLoad | null,
): void {
  const sizes = sizesAtLoad(hashsize?.hashsize ?? null, system)
  for (const { key, modules, paths } of variables) {
    const state = states.get(key)
    if (!state || state.present || !modules.some((module) => loaded.has(module))) continue
    if (paths.length === 0 && key !== tableKeys.hashsize) continue
    state.present = true
    state.value = kernelDefault(key, sizes, system)
    state.certainty = state.value === null ? 'unknown' : 'likely'
    state.from = 'kernel_default'
    state.why = `no line that counts sets it: the default of Linux ${system.kernel}`
    if (hashsize?.doubt && isSized(key)) {
      state.certainty = 'unknown'
      state.why = hashsize.doubt
    }
    if (key === tableKeys.hashsize && hashsize) state.losers.push(...hashsize.losers)
    if (hashsize?.place && hashsize.hashsize !== null && isSized(key)) {
      state.from = hashsize.from
      state.decidedBy = hashsize.place
      state.certainty = hashsize.doubt === null ? sizeCertainty(system) : 'unknown'
      state.spelled = 'hashsize'
      const loads = `${showPlace(hashsize.place)} loads the module with hashsize=${hashsize.hashsize}`
      state.why = key === tableKeys.hashsize ? loads : `${loads}, and max becomes eight times the buckets`
      if (hashsize.doubt !== null) state.why += `, but ${hashsize.doubt}`
    }
  }
}

function isSized(key: string): boolean {
  return key === tableKeys.hashsize || key === tableKeys.max || key.endsWith('_expect_max')
}

/** Before 2.6.18 no tree was read in which `hashsize=` is given at load. */
function sizeCertainty({ kernel }: BootSystem): Certainty {
  return isAtLeast(kernel, '2.6.18') === true ? 'certain' : 'likely'
}

function applyPass(
  system: BootSystem,
  variables: readonly Variable[],
  states: ReadonlyMap<string, State>,
  pass: SysctlPass,
): void {
  const exists = new Set(
    variables.flatMap(({ key, paths }) => (states.get(key)?.present === true ? paths : [])),
  )
  const { writes, idle } = pass.run(exists)
  for (const { path, ...loser } of idle)
    for (const { key, paths, deadPaths } of variables) {
      const isMeant = [...paths, ...deadPaths].some((one) =>
        isGlob(path) ? globMatches(path, one, true) : one === pathToFile(path),
      )
      if (isMeant) states.get(key)?.losers.push(loser)
    }
  const ended = new Map<string, Place>()
  for (const write of writes) {
    const end = ended.get(fileOf(write.place))
    if (write.value === null) doubtAll(states, write)
    else if (end)
      loseWrite(
        variables,
        states,
        write,
        `sysctl gives up at ${showPlace(end)}, whose value the kernel refuses`,
      )
    else {
      const isRefused = applyWrite(system, variables, states, pass, { ...write, value: write.value })
      if (isRefused && write.endsFile === true) ended.set(fileOf(write.place), write.place)
    }
  }
}

function fileOf({ file, via }: Place): string {
  return via ?? file
}

function loseWrite(
  variables: readonly Variable[],
  states: ReadonlyMap<string, State>,
  { path, place, spelled, value }: SysctlWrite,
  reason: string,
): void {
  const target = pathToFile(path)
  const variable = variables.find(({ paths }) => target !== null && paths.includes(target))
  if (variable) states.get(variable.key)?.losers.push({ ...place, key: spelled, value: value ?? '', reason })
}

/** Something unreadable may have set any key that is there. */
function doubtAll(states: ReadonlyMap<string, State>, write: SysctlWrite): void {
  for (const state of states.values()) {
    if (!state.present) continue
    state.certainty = 'unknown'
    state.why = `${write.doubt ?? 'something'}: what it sets is not known`
  }
}

/** Lets one write happen; true when the kernel refuses it. */
function applyWrite(
  system: BootSystem,
  variables: readonly Variable[],
  states: ReadonlyMap<string, State>,
  pass: SysctlPass,
  write: SysctlWrite & { readonly value: string },
): boolean {
  const path = pathToFile(write.path)
  if (path === null) return false
  const variable = variables.find(({ paths, deadPaths }) => paths.includes(path) || deadPaths.includes(path))
  const state = variable && states.get(variable.key)
  if (!variable || !state) return false
  const lose = (reason: string): boolean => {
    state.losers.push({ ...write.place, key: write.spelled, value: write.value, reason })
    return false
  }
  if (variable.deadPaths.includes(path)) return lose('this kernel has no key of that name')
  if (!state.present) return lose(`${pass.by} comes before the module is loaded: the key is not there yet`)
  const taken = kernelTakes(variable.key, write.value, system)
  if (!taken.taken) {
    lose(taken.why)
    return true
  }
  if (state.decidedBy && !samePlace(state.decidedBy, write.place)) {
    state.losers.push({
      ...state.decidedBy,
      key: state.spelled,
      value: state.value ?? '',
      reason: `${showPlace(write.place)} sets it again later`,
    })
  }
  const doubt = variable.doubtfulPaths.includes(path)
    ? 'whether this kernel has the key under that name is not known'
    : (write.doubt ?? taken.why)
  state.losers = state.losers.filter((loser) => !samePlace(loser, write.place))
  state.value = taken.value
  state.from = 'sysctl'
  state.decidedBy = write.place
  state.spelled = write.spelled
  state.certainty = worst(doubt === undefined ? 'certain' : 'unknown', worst(taken.certainty, pass.certainty))
  state.why = `${showPlace(write.place)} sets it${doubt === undefined ? '' : `, but ${doubt}`}${pass.why === '' ? '' : ` (${pass.why})`}`
  return false
}

function samePlace(a: Place, b: Place): boolean {
  return a.file === b.file && a.line === b.line && a.via === b.via
}

function prediction(state: State | undefined): KeyPrediction {
  if (!state) {
    return {
      value: null,
      from: 'unknown',
      decidedBy: null,
      certainty: 'unknown',
      why: '',
      losers: [],
      alternatives: [],
    }
  }
  const { value, from, decidedBy, certainty, why, losers } = state
  // A line that is met in several passes loses once, for the last reason.
  const once = losers.filter(
    (loser, index) => losers.findLastIndex((other) => samePlace(other, loser)) === index,
  )
  return {
    value: state.present ? value : null,
    from,
    decidedBy,
    certainty,
    why,
    losers: once,
    alternatives: [],
  }
}
