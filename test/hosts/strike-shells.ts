import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Rig, RigHost } from './rig/rig.mjs'

/** Whom a blow meets: one of the shells that have to do with a change, or every process of the session that came in. */
export type Victims = 'one' | 'session'

/** Blows that are waiting for their moment. */
export interface Strikes {
  /** Waits for no further change to begin; gives how many hosts had a process that was killed. */
  readonly end: () => Promise<number>
}

/** From the moment a host is locked: within so many milliseconds the blow falls, sooner more often than later. */
const withinMilliseconds = 120

/**
 * Watches from outside, in this process alone, until a change begins on each host, and kills a random moment later with
 * SIGKILL. A change that has ended by then is not met.
 */
export async function strikeShells(rig: Rig, victims: Victims): Promise<Strikes> {
  const namespaces = new Map<RigHost, string>()
  for (const host of rig.hosts)
    namespaces.set(host, (await host.exec('readlink /proc/self/ns/pid')).stdout.trim())
  const blows: Promise<boolean>[] = []
  const timer = setInterval(() => {
    for (const [host, namespace] of namespaces) {
      if (!isLocked(rig, host)) continue
      namespaces.delete(host)
      blows.push(
        new Promise((resolve) => {
          setTimeout(() => resolve(strike(namespace, victims)), Math.random() ** 2 * withinMilliseconds)
        }),
      )
    }
  }, 3)
  return {
    end: async () => {
      clearInterval(timer)
      return (await Promise.all(blows)).filter(Boolean).length
    },
  }
}

/** The rig's mounts are the keeper's alone; the kernel shows them here. */
function isLocked({ keeper, folder }: Rig, { name }: RigHost): boolean {
  const lock = `/proc/${keeper}/root${folder}/tree/hosts/${name}/upper/run/conntrackctl.lock`
  return lstatSync(lock, { throwIfNoEntry: false }) !== undefined
}

function strike(namespace: string, victims: Victims): boolean {
  const there = processesIn(namespace)
  const shells = there.filter(({ name }) => name === 'sh')
  const one = shells[Math.floor(Math.random() * shells.length)]
  // Whoever came in has `/bin/sh` as all of its words; what stands by has more.
  const login = shells.find(({ words }) => words === '/bin/sh\0')
  const met = (victims === 'one' ? [one] : there.filter(({ session }) => session === login?.session)).filter(
    (process) => process !== undefined,
  )
  for (const { pid, session } of met)
    try {
      // On a busy machine the list is old by now: whoever has begun a session of its own since is not in this one.
      if (statusOf(pid).session === session) process.kill(pid, 'SIGKILL')
    } catch {
      // It ended while we looked.
    }
  return met.length > 0
}

interface Found {
  readonly pid: number
  readonly name: string
  readonly session: number
  /** Each with a null behind it. */
  readonly words: string
}

function processesIn(namespace: string): readonly Found[] {
  return readdirSync('/proc').flatMap((entry): readonly Found[] => {
    if (!/^\d+$/.test(entry)) return []
    try {
      if (readlinkSync(`/proc/${entry}/ns/pid`) !== namespace) return []
      const pid = Number(entry)
      return [{ pid, ...statusOf(pid), words: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }]
    } catch {
      return []
    }
  })
}

/** Throws where the process has ended. */
function statusOf(pid: number): Pick<Found, 'name' | 'session'> {
  const [, name = '', rest = ''] = /\((.*)\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
  return { name, session: Number(rest.split(' ')[3]) }
}
