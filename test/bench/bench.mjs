// @ts-check
// Compares conntrackctl with the least a program could do and with what operators use today, side by side in one run
// on real sshd: at several sizes of the fleet, doing the same as Ansible, and at a distance.
// Needs root and what `.ci/install-packages bench` installs.
// Usage: npm run bench [-- --sizes 10,100,1000 --rounds 5 --ansible-hosts 40 --distances 0,20,100 --write]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startHosts } from '../hosts/rig/rig.mjs'
import { barChart } from './bar-chart.mjs'
import { contenders } from './contenders.mjs'
import { farAway } from './far-away.mjs'
import { measure, median } from './measure.mjs'
import { startFleet } from './one-sshd-fleet.mjs'
import { machineLine, versionOf, writeFigures } from './write-figures.mjs'

/** @typedef {import('./measure.mjs').Figures} Figures */
/** @typedef {import('./contenders.mjs').Hosts} Hosts */
/** @typedef {keyof ReturnType<typeof contenders>} Name */
/** @typedef {{name: string, wall: number, wallRatio: number, cpuMs: number, cpuRatio: number, peak: number}} Row */

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10,100,1000' },
    rounds: { type: 'string', default: '5' },
    'ansible-hosts': { type: 'string', default: '40' },
    distances: { type: 'string', default: '0,20,100' },
    write: { type: 'boolean', default: false },
  },
})
const numbers = (/** @type {string} */ list) => list.split(',').filter(Boolean).map(Number)
const rounds = Number(values.rounds)
const forks = 50
const chart = new URL('../../docs/benchmarks.svg', import.meta.url)

/** @type {string[]} */
const tables = []
/** @type {{title: string, bars: {name: string, value: number}[]}[]} */
const charts = []

const machine = [
  machineLine(),
  `${versionOf('ssh -V', /OpenSSH_[^ ,]+/)}, parallel-ssh ${versionOf('parallel-ssh --version', /\d[\d.]+/)}`,
  `clush ${versionOf('clush --version', /\d[\d.]+/)}, ansible-core ${versionOf('ansible --version', /\d[\d.]+/)}, Mitogen ${versionOf('dpkg-query -W ansible-mitogen', /\d[\d.]+/)}`,
].join('; ')
console.log(machine)

for (const size of numbers(values.sizes)) await atSize(size)
await likeAnsible(Number(values['ansible-hosts']))
await atDistances(numbers(values.distances))
if (values.write) write()

/**
 * One sshd that has thousands of addresses.
 * @param {number} size
 */
async function atSize(size) {
  const fleet = await startFleet(size)
  try {
    const hosts = fleet.addresses.map((address, index) => ({ name: `h${index}`, address, port: 22 }))
    const names = /** @type {Name[]} */ (['bare', 'plan', 'apply', 'parallelSsh', 'clush'])
    const rows = compare({ ...fleet, hosts }, names, size > 500 ? Math.min(rounds, 3) : rounds)
    tell(`${size} hosts, one sshd that has all their addresses`, rows)
  } finally {
    await fleet.stop()
  }
}

/**
 * Hosts with a sshd and values of their own, on which Ansible's modules work as well.
 * @param {number} count
 */
async function likeAnsible(count) {
  if (count === 0) return
  await onRig(count, async (rig) => {
    const rows = compare(rig, ['apply', 'ansible', 'mitogen'], Math.min(rounds, 3))
    tell(`${count} hosts, each with a sshd of its own: four values and their file`, rows)
  })
}

/** @param {readonly number[]} distances in milliseconds there and back */
async function atDistances(distances) {
  if (distances.length === 0) return
  const count = 20
  await onRig(count, async (rig) => {
    for (const roundTripMs of distances) {
      const { far, stop } = await farAway(rig, roundTripMs)
      try {
        const rows = compare(far, ['bare', 'plan', 'apply', 'parallelSsh', 'ansible'], Math.min(rounds, 3))
        tell(`${count} hosts, ${roundTripMs} ms of added round-trip time`, rows)
      } finally {
        await stop()
      }
    }
  })
}

/**
 * @param {number} count
 * @param {(rig: import('./far-away.mjs').NearHosts) => Promise<void>} act
 */
async function onRig(count, act) {
  const rig = await startHosts(
    Array.from({ length: count }, (_, index) => ({
      name: `h${String(index + 1).padStart(4, '0')}`,
      plainValues: true,
    })),
  )
  try {
    const { folder, hosts, identityFile, knownHosts, inventoryPath } = rig
    const within = (/** @type {readonly string[]} */ command) => command
    await act({ folder, hosts, identityFile, knownHosts, inventory: inventoryPath, within })
  } finally {
    await rig.stop()
  }
}

/**
 * Every contender once a round, in turn, so that a machine that slows down slows all of them. Ratios are to the first
 * one, round by round.
 * @param {Hosts} rig
 * @param {readonly Name[]} names
 * @param {number} times
 * @returns {Row[]}
 */
function compare(rig, names, times) {
  const all = contenders(rig, forks)
  /** @type {Map<Name, Figures[]>} */
  const taken = new Map(names.map((name) => [name, []]))
  // Round 0 warms up and is not counted. apply comes before plan, which then has nothing to do.
  for (let round = 0; round <= times; round += 1)
    for (const name of [...names].sort((one) => (one === 'apply' ? -1 : 0))) {
      const contender = all[name]
      const figures = measure(rig.within(contender.command(round)), contender.env)
      if (round > 0) taken.get(name)?.push(figures)
    }
  const base = taken.get(/** @type {Name} */ (names[0])) ?? []
  return names.map((name) => {
    const figures = taken.get(name) ?? []
    const middle = (/** @type {keyof Figures} */ key) => median(figures.map((round) => round[key]))
    const ratio = (/** @type {keyof Figures} */ key) =>
      median(figures.map((round, index) => round[key] / (base[index]?.[key] ?? 1)))
    return {
      name: all[name].name,
      wall: middle('wallSeconds'),
      wallRatio: ratio('wallSeconds'),
      cpuMs: (middle('cpuSeconds') * 1000) / rig.hosts.length,
      cpuRatio: ratio('cpuSeconds'),
      peak: middle('peakMebibytes'),
    }
  })
}

/**
 * @param {string} title
 * @param {readonly Row[]} rows
 */
function tell(title, rows) {
  const table = [
    `### ${title}`,
    '',
    '| | wall, s | ratio | CPU, ms a host | ratio | peak, MiB |',
    '| --- | --: | --: | --: | --: | --: |',
    ...rows.map(
      ({ name, wall, wallRatio, cpuMs, cpuRatio, peak }) =>
        `| ${name} | ${wall.toFixed(2)} | ${wallRatio.toFixed(2)} | ${cpuMs.toFixed(1)} | ${cpuRatio.toFixed(2)} | ${peak.toFixed(0)} |`,
    ),
  ].join('\n')
  console.log(`\n${table}`)
  tables.push(table)
  charts.push({ title: `${title}: seconds`, bars: rows.map(({ name, wall }) => ({ name, value: wall })) })
}

function write() {
  const figures = [
    `${machine}; ${forks} hosts at once.`,
    '![Seconds of each contender](benchmarks.svg)',
    ...tables,
  ]
  writeFigures('figures', figures.join('\n\n'))
  writeFileSync(chart, barChart(charts))
}
