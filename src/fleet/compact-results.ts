import type { HostResult } from '../report/host-result.ts'
import type { HostExecutor } from './host-executor.ts'

/** Texts that hosts may share; what a fleet says alike, its first hosts have said. */
const mostShared = 2000

/**
 * The same executor, its results in the least of memory: they are held until the run ends, and of ten thousand hosts.
 * A text that was cut out of a host's answer would hold all of that answer, and V8 gives an object that another was
 * spread into a layout of its own; what many hosts say in the same words is kept once.
 */
export function compactResults(executor: HostExecutor): HostExecutor {
  const texts = new Map<string, string>()

  const shared = (text: string): string => {
    const known = texts.get(text)
    if (known === undefined && texts.size < mostShared) texts.set(text, text)
    return known ?? text
  }
  /** In place: what JSON has just made is nobody's yet. */
  const share = (value: unknown): unknown => {
    if (typeof value === 'string') return shared(value)
    if (typeof value === 'object' && value !== null)
      for (const [key, part] of Object.entries(value)) Reflect.set(value, key, share(part))
    return value
  }
  const compact = (result: HostResult): HostResult => {
    const own: HostResult = JSON.parse(JSON.stringify(result))
    share(own)
    return own
  }
  return {
    ...executor,
    remedy: async (job) => compact(await executor.remedy(job)),
    revisit: async (job, earlier, revisit) => compact(await executor.revisit(job, earlier, revisit)),
  }
}
