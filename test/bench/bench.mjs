// @ts-check
// Compares conntrackctl with the least a program could do and with what operators use today, side by side in one
// run on real sshd hosts. Needs root and what .ci/install-packages installs.
// Usage: npm run bench [-- --hosts 200 --rounds 5 --ansible-hosts 20 --large 1000]
import { cpus, release, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { startHosts } from '../hosts/rig/rig.mjs'
import { contenders } from './contenders.mjs'
import { measure, median } from './measure.mjs'

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '5' },
    'ansible-hosts': { type: 'string', default: '20' },
    large: { type: 'string', default: '1000' },
  },
})
const forks = 50

/** @typedef {import('./measure.mjs').Figures} Figures */

console.log(
  `node ${process.version}, Linux ${release()}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB`,
)
await compare(Number(values.hosts), Number(values.rounds), ['bare', 'plan', 'apply', 'parallelSsh'])
await compare(Number(values['ansible-hosts']), 2, ['apply', 'ansible'])
await large(Number(values.large))

/**
 * Every contender once a round, in turn, so that a machine that slows down slows all of them.
 * @param {number} count
 * @param {number} rounds
 * @param {readonly ('bare' | 'plan' | 'apply' | 'parallelSsh' | 'ansible')[]} names
 */
async function compare(count, rounds, names) {
  if (count === 0) return
  const rig = await startRig(count)
  try {
    const all = contenders(rig, forks)
    /** @type {Map<string, Figures[]>} */
    const figures = new Map(names.map((name) => [name, []]))
    // Round 0 warms up and is not counted. apply comes before plan, which then has nothing to do.
    for (let round = 0; round <= rounds; round += 1)
      for (const name of [...names].sort((one) => (one === 'apply' ? -1 : 0))) {
        const contender = all[name]
        const taken = measure(contender.command(round), { env: contender.env ?? {} })
        if (round > 0) figures.get(name)?.push(taken)
      }
    print(
      count,
      rounds,
      names.map((name) => ({ name: all[name].name, taken: figures.get(name) ?? [] })),
    )
  } finally {
    await rig.stop()
  }
}

/**
 * Ratios to the first contender, round by round, and their medians.
 * @param {number} count
 * @param {number} rounds
 * @param {readonly {name: string, taken: readonly Figures[]}[]} rows
 */
function print(count, rounds, rows) {
  console.log(
    `\n${count} hosts, ${forks} at once, median of ${rounds} rounds; ratios to the first line, round by round`,
  )
  console.log(`${''.padEnd(36)} wall s   ratio   CPU ms/host   ratio   peak MiB`)
  const base = rows[0]?.taken ?? []
  for (const { name, taken } of rows) {
    const ratio = (/** @type {'wallSeconds' | 'cpuSeconds'} */ key) =>
      median(taken.map((figures, round) => figures[key] / (base[round]?.[key] ?? 1))).toFixed(2)
    console.log(
      [
        name.padEnd(36),
        median(taken.map(({ wallSeconds }) => wallSeconds))
          .toFixed(2)
          .padStart(6),
        ratio('wallSeconds').padStart(8),
        median(taken.map(({ cpuSeconds }) => (cpuSeconds * 1000) / count))
          .toFixed(2)
          .padStart(12),
        ratio('cpuSeconds').padStart(9),
        median(taken.map(({ peakMebibytes }) => peakMebibytes))
          .toFixed(0)
          .padStart(9),
      ].join(' '),
    )
  }
}

/**
 * Memory at a thousand hosts, and the same ratios where the start of the program hardly counts.
 * @param {number} count
 */
async function large(count) {
  await compare(count, 1, ['bare', 'plan', 'apply'])
}

/** @param {number} count */
async function startRig(count) {
  const begun = performance.now()
  const rig = await startHosts(
    Array.from({ length: count }, (_, index) => ({
      name: `h${String(index + 1).padStart(4, '0')}`,
      plainValues: true,
    })),
  )
  console.error(`${count} hosts started in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  return rig
}
