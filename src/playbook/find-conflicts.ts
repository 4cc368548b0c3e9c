import { serviceId, serviceText } from '../kernel/firewall/service.ts'
import type { FoldedProblems } from './fold-problems.ts'
import type { Play } from './play.ts'
import type { ResolvedPlay } from './resolved-play.ts'
import type { NotrackService, Wish } from './wish.ts'
import type { Place } from '../yaml/place-finder.ts'

/** What a play wishes for one key of a host. */
interface Claim {
  readonly value: string
  readonly label: string
  readonly place: Place
  readonly play: string
}

/**
 * Adds a problem for each key of a host that two plays wish to have different values: whichever play
 * came last would win, on every run again, and no run would find the host as desired.
 */
export function findConflicts(
  plays: readonly { readonly play: Play; readonly resolved: ResolvedPlay }[],
  problems: FoldedProblems,
): void {
  const counts = new Map<string, number>()
  for (const { resolved } of plays)
    for (const { host } of resolved.hosts) counts.set(host.name, (counts.get(host.name) ?? 0) + 1)

  const claimed = new Map<string, Map<string, Claim>>()
  for (const { play, resolved } of plays) {
    // Hosts of a play without variables share one wish.
    const claimsOf = new Map<Wish, ReadonlyMap<string, Claim>>()
    for (const { host, wish } of resolved.hosts) {
      if (counts.get(host.name) === 1) continue
      const claims = claimsOf.get(wish) ?? claimsIn(play, wish)
      claimsOf.set(wish, claims)
      const earlier = claimed.get(host.name)
      if (earlier === undefined) {
        claimed.set(host.name, new Map(claims))
        continue
      }
      for (const [key, claim] of claims) {
        const first = earlier.get(key)
        if (first === undefined) earlier.set(key, claim)
        else if (first.value !== claim.value) problems.add(conflict(first, claim), host.name)
      }
    }
  }
}

function conflict(first: Claim, second: Claim) {
  const { line, column } = first.place
  return {
    ...second.place,
    what: `${second.label} is to be ${second.value}, and ${first.value} in the play "${first.play}" at ${line}:${column}`,
    remedy: 'keep one of them, or make the plays name different hosts',
  }
}

function claimsIn(play: Play, wish: Wish): ReadonlyMap<string, Claim> {
  const claims = new Map<string, Claim>()
  const claim = (key: string, value: string, setting: { label: string; place: Place } | undefined): void => {
    if (setting !== undefined)
      claims.set(key, { value, label: setting.label, place: setting.place, play: play.name })
  }
  if (wish.max !== undefined)
    claim('max', typeof wish.max === 'number' ? String(wish.max) : JSON.stringify(wish.max), play.max)
  if (wish.hashsize !== undefined) claim('hashsize', bucketsText(wish), play.hashsize)
  const values = new Map(wish.sysctls.map(({ key, value }) => [key, value]))
  for (const { key, setting } of play.sysctls) claim(key, values.get(key) ?? '', setting)
  for (const service of wish.notrack ?? [])
    claim(
      `notrack ${serviceId(service)}`,
      service.isPresent ? serviceWords(service) : 'tracked',
      play.notrack && { ...play.notrack, label: `notrack of ${serviceText(service)}` },
    )
  return claims
}

function serviceWords({ addresses, accept }: NotrackService): string {
  return `untracked for ${addresses?.join(', ') ?? 'all'}${accept ? '' : ', not accepted'}`
}

/** The buckets as far as the wish alone tells: `max / 4` stays so where the play says nothing of max. */
function bucketsText({ hashsize, max }: Wish): string {
  if (hashsize?.kind !== 'max_divided_by') return String(hashsize?.buckets)
  return typeof max !== 'number' ? `max / ${hashsize.divisor}` : String(Math.ceil(max / hashsize.divisor))
}
