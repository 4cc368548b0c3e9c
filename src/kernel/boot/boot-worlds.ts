import type { BootSystem } from './boot-system.ts'
import { udevHooks } from './load-hooks.ts'
import type { ModuleArrival } from './module-arrival.ts'
import type { BootEvent } from './replay.ts'
import {
  hookPasses,
  initPasses,
  kernelPass,
  networkPass,
  servicePass,
  type SysctlPass,
} from './sysctl-passes.ts'
import { systemdVersion } from './sysctl-versions.ts'
import { hasLayer3Modules } from './layer3.ts'

/** One way in which a boot can go. */
export interface BootWorld {
  /** `unlikely` ones cost certainty, `possible` ones all of it. The first is what we expect. */
  readonly weight: 'expected' | 'possible' | 'unlikely'
  readonly events: readonly BootEvent[]
}

/** All the ways in which this boot can go, what cannot be known being tried both ways. */
export function bootWorlds(system: BootSystem, arrival: ModuleArrival): readonly BootWorld[] {
  const { presentAt, mayComeEarly } = arrival
  const isEarly = presentAt === 'before_sysctl' || presentAt === 'builtin'
  const expected = orders(system, arrival, presentAt)
  const early = isEarly || presentAt === 'never' ? [] : orders(system, arrival, 'before_sysctl')
  // A command stands in the way of which nobody knows whether it loads the module.
  const never = arrival.install.kind === 'unclear' ? orders(system, arrival, 'never') : []
  // An initramfs that loads conntrack is rare.
  const weightOfEarly = mayComeEarly ? 'possible' : 'unlikely'
  return [
    ...expected.map((events, index): BootWorld => ({
      weight: index === 0 ? 'expected' : 'possible',
      events,
    })),
    ...never.map((events): BootWorld => ({ weight: 'possible', events })),
    ...(mayComeEarly || system.initramfsLoads !== 'no' ? early : []).map((events): BootWorld => ({
      weight: weightOfEarly,
      events,
    })),
  ]
}

/** The events of a boot in which the module comes at `presentAt`, in every order they may have. */
function orders(
  system: BootSystem,
  arrival: ModuleArrival,
  presentAt: ModuleArrival['presentAt'],
): readonly (readonly BootEvent[])[] {
  const known = eventOrders(system, arrival, presentAt)
  if (system.init !== 'systemd' || systemdVersion(system).isOrdered) return known
  return [...known, ...known.map((events) => events.map(backwards))]
}

/** The same with all writes of a pass in reverse: for programs that have no order of their own. */
function backwards(event: BootEvent): BootEvent {
  if (event.kind === 'load') return event
  const { run } = event.pass
  return {
    kind: 'pass',
    pass: {
      ...event.pass,
      run: (exists) => {
        const { writes, idle } = run(exists)
        return { writes: writes.toReversed(), idle }
      },
    },
  }
}

function eventOrders(
  system: BootSystem,
  arrival: ModuleArrival,
  presentAt: ModuleArrival['presentAt'],
): readonly (readonly BootEvent[])[] {
  const core = `${system.family}_conntrack`
  const layer3 =
    hasLayer3Modules(system) && system.family === 'nf'
      ? ['nf_conntrack_ipv4', 'nf_conntrack_ipv6', 'nf_defrag_ipv6']
      : []
  const load = (modules: readonly string[]): BootEvent => ({
    kind: 'load',
    modules,
    hashsize: arrival.hashsize,
  })
  const passes = (list: readonly SysctlPass[]): readonly BootEvent[] =>
    list.map((pass) => ({ kind: 'pass', pass }))

  const install = 'hook' in arrival.install ? passes(hookPasses(arrival.install.hook, system)) : []
  const udev =
    presentAt === 'builtin' ? [] : passes(udevHooks(core, system).flatMap((hook) => hookPasses(hook, system)))
  const own = passes(initPasses(system))
  const services = passes(
    arrival.services.flatMap(({ applies }) =>
      applies === undefined ? [] : (servicePass(applies, system) ?? []),
    ),
  )
  const network =
    system.init === 'sysvinit-rhel6' && system.services?.includes('network') === true
      ? passes([networkPass(system)])
      : []
  // Whatever tracks later brings the rest of the modules as well.
  const late = presentAt === 'never' || layer3.length === 0 ? [] : [load([core, ...layer3])]
  const end = [...late, ...services, ...network]

  const kernel = passes(kernelPass(system))
  if (presentAt === 'builtin')
    return [[load([core, ...system.builtin]), ...kernel, load(arrival.early), ...own, ...end]]
  if (presentAt === 'never') return [[...own, ...end]]
  if (presentAt === 'before_sysctl') {
    const early = load(arrival.early.length > 0 ? arrival.early : [core, ...layer3])
    // udevd works beside the others: its rule may run before or after the sysctls are set.
    return udev.length === 0
      ? [[early, ...install, ...own, ...end]]
      : [
          [early, ...install, ...udev, ...own, ...end],
          [early, ...install, ...own, ...udev, ...end],
        ]
  }
  const arriving = load([core, ...layer3])
  return install.length > 0 && udev.length > 0
    ? [
        [...own, arriving, ...install, ...udev, ...services, ...network],
        [...own, arriving, ...udev, ...install, ...services, ...network],
      ]
    : [[...own, arriving, ...install, ...udev, ...services, ...network]]
}
