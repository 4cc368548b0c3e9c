import { type Chain, chainName, type FirewallRule, type Hook, type Ruleset } from './ruleset.ts'
import { fitRule, type Traffic } from './traffic.ts'

/** A place at which packets of some kind meet their fate, or may. */
export interface Spot {
  readonly chain: Chain
  /** Null: the chain's policy. */
  readonly rule: FirewallRule | null
  /** Do all of these packets meet it? */
  readonly isCertain: boolean
}

/** What may become of packets in a chain or at a hook. */
export interface Fate {
  /** Where they are dropped or rejected. */
  readonly drops: readonly Spot[]
  /** Where they are taken out of tracking, translated or given a helper. */
  readonly marks: readonly (Spot & { readonly kind: 'notrack' | 'nat' | 'helper' })[]
}

/** Jumps within jumps; the kernel itself allows 16 (NFT_JUMP_STACK_SIZE). */
const deepest = 16

/** Rules looked at for one question: a firewall of thousands of chains is not played through without end. */
const mostSteps = 200_000

interface Journey {
  readonly ruleset: Ruleset
  readonly traffic: Traffic
  readonly drops: Spot[]
  readonly marks: (Spot & { kind: 'notrack' | 'nat' | 'helper' })[]
  steps: number
}

/** How far a packet gets in a chain: to its end, or not, or perhaps; and whether all that came was certain. */
interface Passage {
  readonly reachesEnd: boolean
  readonly isCertain: boolean
}

/** What becomes of these packets at a hook: each base chain there has its say, in order of priority. */
export function fateAt(ruleset: Ruleset, hook: Hook, traffic: Traffic): Fate {
  const fates = baseChains(ruleset, hook, traffic).map((chain) => fateIn(ruleset, chain, traffic))
  return { drops: fates.flatMap(({ drops }) => drops), marks: fates.flatMap(({ marks }) => marks) }
}

/** The base chains that see such packets at a hook, in the order in which they do. */
export function baseChains(ruleset: Ruleset, hook: Hook, { family }: Traffic): readonly Chain[] {
  return ruleset.chains
    .filter((chain) => chain.base?.hook === hook && (chain.family === 'inet' || chain.family === family))
    .toSorted((one, other) => (one.base?.priority ?? 0) - (other.base?.priority ?? 0))
}

/** What becomes of these packets in one base chain and where it leads. */
export function fateIn(ruleset: Ruleset, chain: Chain, traffic: Traffic): Fate {
  const journey: Journey = { ruleset, traffic, drops: [], marks: [], steps: 0 }
  const { reachesEnd, isCertain } = walk(chain, journey, true, 0)
  if (reachesEnd && chain.base?.policy === 'drop') journey.drops.push({ chain, rule: null, isCertain })
  return journey
}

function walk(chain: Chain, journey: Journey, certainBefore: boolean, depth: number): Passage {
  let isCertain = certainBefore
  for (const rule of chain.rules) {
    journey.steps += 1
    const fit = journey.steps > mostSteps ? 'maybe' : fitRule(rule, journey.traffic)
    if (fit === 'no') continue
    const spot: Spot = { chain, rule, isCertain: isCertain && fit === 'yes' }
    const { verdict } = rule
    switch (verdict.kind) {
      case 'continue':
        continue
      // Both go on to the next rule.
      case 'notrack':
      case 'helper':
        journey.marks.push({ ...spot, kind: verdict.kind })
        continue
      case 'nat':
        journey.marks.push({ ...spot, kind: 'nat' })
        break
      case 'drop':
        journey.drops.push(spot)
        // Those that are left go on as before.
        if (fit === 'maybe') continue
        break
      case 'accept':
        break
      case 'return':
        if (fit === 'yes') return { reachesEnd: true, isCertain }
        isCertain = false
        continue
      case 'jump':
      case 'goto': {
        const target =
          depth < deepest && journey.steps <= mostSteps
            ? chainCalled(verdict.chain, chain, journey.ruleset)
            : undefined
        if (target === undefined) {
          isCertain = false
          continue
        }
        const passage = walk(target, journey, spot.isCertain, depth + 1)
        isCertain &&= fit === 'yes' ? passage.isCertain : passage.reachesEnd && passage.isCertain
        if (fit === 'yes' && !passage.reachesEnd) return { reachesEnd: false, isCertain }
        if (fit === 'yes' && verdict.kind === 'goto') return { reachesEnd: true, isCertain }
        continue
      }
    }
    if (fit === 'yes') return { reachesEnd: false, isCertain }
    isCertain = false
  }
  return { reachesEnd: true, isCertain }
}

function chainCalled(name: string, from: Chain, { chains }: Ruleset): Chain | undefined {
  return chains.find(
    (chain) => chain.name === name && chain.table === from.table && chain.family === from.family,
  )
}

/** `inet filter input: ct state invalid drop`, or the chain's policy. */
export function describeSpot({ chain, rule }: Spot): string {
  return rule === null ? `the policy of ${chainName(chain)}` : `${chainName(chain)}: ${rule.text}`
}
