import { Secret } from './secret.ts'
import type { Target } from './target.ts'

/** Stands for a Secret; a name that no inventory and no option can give to a field. */
const mark = '\0secret'

/**
 * A target as data that another thread of this process can be handed: its secrets lie open in it, so it may go to no
 * file, log or other process.
 */
export interface PlainTarget {
  readonly plain: unknown
}

export function plainTarget(target: Target): PlainTarget {
  return {
    plain: replaceDeep(target, (value) => (value instanceof Secret ? { [mark]: value.reveal() } : undefined)),
  }
}

/** The target that `plainTarget` was made of. */
export function targetFromPlain({ plain }: PlainTarget): Target {
  return replaceDeep(plain, (value) => {
    const text: unknown = mark in value ? value[mark] : undefined
    return typeof text === 'string' ? new Secret(text) : undefined
  }) as Target
}

function replaceDeep(value: unknown, replace: (value: object) => object | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value
  const replaced = replace(value)
  if (replaced !== undefined) return replaced
  if (Array.isArray(value)) return value.map((item) => replaceDeep(item, replace))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceDeep(item, replace)]))
}
