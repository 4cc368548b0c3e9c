import { fillTemplate, type TemplateScope } from '../inventory/template.ts'
import { InputError, type Problem } from '../problem.ts'
import type { Play, Setting } from './play.ts'
import { mistakeText } from './reading.ts'
import { showText } from '../show-value.ts'
import type { Wish } from './wish.ts'

/**
 * What `play` asks of a host that has `vars`; `host` tells their places, and of the others. Throws InputError, with a problem for each value that
 * no variable fills, or that is filled with what cannot stand there.
 */
export function wishFor(
  play: Play,
  vars: TemplateScope['vars'],
  host: Omit<TemplateScope, 'vars'> = {},
): Wish {
  const problems: Problem[] = []

  function valueOf<T>(setting: Setting<T>): T | undefined {
    if (setting.kind === 'known') return setting.value
    const { place, label, template } = setting
    const filled = fillTemplate(template, { ...host, vars })
    if (!filled.ok) {
      const remedy = 'set it in the inventory, or give it with --extra-vars'
      problems.push({ ...place, what: `${label}: ${filled.why}`, remedy })
      return undefined
    }
    const reading = setting.read(filled.value)
    if (reading.ok) return reading.value
    for (const mistake of reading.mistakes)
      problems.push({
        ...place,
        what: `${label}: ${filled.isSecret ? 'something encrypted cannot stand here' : mistakeText(mistake)}, from ${showText(template)}`,
        remedy: `in the variable, ${mistake.remedy}`,
      })
    return undefined
  }

  const max = play.max && valueOf(play.max)
  const hashsize = play.hashsize && valueOf(play.hashsize)
  const sysctls = play.sysctls.flatMap(({ key, setting }) => {
    const value = valueOf(setting)
    return value === undefined ? [] : [{ key, value }]
  })
  const notrack = play.notrack && valueOf(play.notrack)
  const stateless = play.stateless && valueOf(play.stateless)
  const unload = play.unload && valueOf(play.unload)
  const drain = play.drain && valueOf(play.drain)
  const persist = valueOf(play.persist)
  const conflicts = valueOf(play.conflicts)
  const module = valueOf(play.module)
  if (problems.length > 0 || persist === undefined || conflicts === undefined || module === undefined)
    throw new InputError(problems)
  return {
    play: play.name,
    ...(max === undefined ? {} : { max }),
    ...(hashsize === undefined ? {} : { hashsize }),
    sysctls,
    persist,
    conflicts,
    module,
    ...(notrack === undefined ? {} : { notrack }),
    ...(stateless === undefined ? {} : { stateless }),
    ...(unload === undefined ? {} : { unload }),
    ...(drain === undefined ? {} : { drain }),
  }
}

/** Does the wish depend on the host's variables? Where not, one resolution serves all hosts. */
export function isOpen(play: Play): boolean {
  const settings = [
    play.max,
    play.hashsize,
    play.persist,
    play.conflicts,
    play.module,
    play.notrack,
    play.stateless,
    play.unload,
    play.drain,
    ...play.sysctls.map(({ setting }) => setting),
  ]
  return settings.some((setting) => setting?.kind === 'open')
}
