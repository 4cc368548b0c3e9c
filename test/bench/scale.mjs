// @ts-check
// One controller and many hosts: memory, CPU a host, and how busy its threads are, at several sizes of the fleet.
// Usage: node test/bench/scale.mjs [--sizes 100,1000,10000] [--forks 50] [--workers 1,2]
import { parseArgs } from 'node:util'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { observe } from './observe.mjs'
import { startFleet } from './one-sshd-fleet.mjs'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '100,1000,10000' },
    forks: { type: 'string', default: '50' },
    workers: { type: 'string', default: '1,2' },
    server: { type: 'string', default: 'openssh' },
  },
})
const sizes = values.sizes.split(',').map(Number)
const program = new URL('../../dist/cli.js', import.meta.url).pathname

console.log('command  hosts  workers  wall s  CPU ms/host  busiest thread s  peak MiB  report lines')
const fleet = await startFleet(Math.max(...sizes), values.server === 'dropbear' ? 'dropbear' : 'openssh')
try {
  const playbook = join(fleet.folder, 'play.yml')
  let max = 300_000
  for (const size of sizes)
    for (const workers of values.workers.split(','))
      for (const command of ['apply', 'plan']) {
        if (command === 'apply') max += 1000
        writeFileSync(playbook, `- hosts: all[0:${size - 1}]\n  conntrack: {max: ${max}, hashsize: 65536}\n`)
        const words = [
          command,
          playbook,
          '-i',
          fleet.inventory,
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
        console.log(
          [
            command.padEnd(7),
            String(size).padStart(6),
            workers.padStart(8),
            seen.wallSeconds.toFixed(1).padStart(7),
            ((seen.cpuSeconds * 1000) / size).toFixed(2).padStart(12),
            seen.busiestThreadSeconds.toFixed(2).padStart(17),
            seen.peakMebibytes.toFixed(0).padStart(9),
            String(seen.output.trimEnd().split('\n').length).padStart(13),
          ].join(' '),
        )
      }
} finally {
  await fleet.stop()
}
