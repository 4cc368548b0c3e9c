// @ts-check
// One controller and many hosts: memory, CPU a host, and how busy its threads are, at several sizes of the fleet.
// Needs root and what `.ci/install-packages bench` installs.
// Usage: node test/bench/scale.mjs [--fleets 100,1000,1000/2,10000] [--forks 50] [--server dropbear] [--write]
// A fleet is a number of hosts and, behind a slash, of workers.
import { parseArgs } from 'node:util'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { observe } from './observe.mjs'
import { startFleet } from './one-sshd-fleet.mjs'
import { machineLine, versionOf, writeFigures } from './write-figures.mjs'

const { values } = parseArgs({
  options: {
    fleets: { type: 'string', default: '100,1000,1000/2,10000' },
    forks: { type: 'string', default: '50' },
    write: { type: 'boolean', default: false },
    server: { type: 'string', default: 'openssh' },
  },
})
const fleets = values.fleets.split(',').map((text) => {
  const [size = '', workers = '1'] = text.split('/')
  return { size: Number(size), workers }
})
const program = new URL('../../dist/cli.js', import.meta.url).pathname

const widths = [7, 6, 8, 7, 12, 17, 9, 13]
/** @type {string[]} */
const rows = []
console.log('command  hosts  workers  wall s  CPU ms/host  busiest thread s  peak MiB  report lines')
const fleet = await startFleet(
  Math.max(...fleets.map(({ size }) => size)),
  values.server === 'dropbear' ? 'dropbear' : 'openssh',
)
try {
  const playbook = join(fleet.folder, 'play.yml')
  let max = 300_000
  for (const { size, workers } of fleets)
    for (const command of ['apply', 'plan']) {
      if (command === 'apply') max += 1000
      writeFileSync(playbook, `- hosts: all\n  conntrack: {max: ${max}, hashsize: 65536}\n`)
      const words = [
        command,
        playbook,
        '-i',
        fleet.inventoryOf(size),
        '--quiet',
        '--workers',
        workers,
        '-f',
        values.forks,
        '--timeout',
        '60',
        '--login-timeout',
        '120',
      ]
      const seen = await observe(
        fleet.within([process.execPath, program, ...words, '--state-dir', join(fleet.folder, 'state')]),
      )
      if (seen.exitCode !== 0)
        throw new Error(`${command} ended with ${seen.exitCode}:\n${seen.output.slice(-2000)}`)
      const cells = [
        command,
        String(size),
        workers,
        seen.wallSeconds.toFixed(1),
        ((seen.cpuSeconds * 1000) / size).toFixed(2),
        seen.busiestThreadSeconds.toFixed(2),
        seen.peakMebibytes.toFixed(0),
        String(seen.output.trimEnd().split('\n').length),
      ]
      rows.push(`| ${cells.join(' | ')} |`)
      console.log(cells.map((cell, index) => cell.padStart(widths[index] ?? 0)).join(' '))
    }
} finally {
  await fleet.stop()
}

if (values.write) {
  const server =
    values.server === 'dropbear'
      ? `Dropbear ${versionOf('dropbear -V', /\d{4}\.\d+/)}`
      : versionOf('ssh -V', /OpenSSH_[^ ,]+/)
  const head = [
    `${machineLine()}, ${server}; ${values.forks} hosts at once.`,
    '',
    '| command | hosts | workers | wall, s | CPU, ms a host | busiest thread, s | peak, MiB | lines of report |',
    '| --- | --: | --: | --: | --: | --: | --: | --: |',
  ]
  writeFigures('scale', [...head, ...rows].join('\n'))
}
