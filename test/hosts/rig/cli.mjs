// @ts-check
// Hosts to try things on by hand: node test/hosts/rig/cli.mjs up 20 [KIND…]
import { once } from 'node:events'
import { startHosts } from './rig.mjs'

const [command, count = '3', ...kinds] = process.argv.slice(2)
if (command !== 'up' || !/^\d+$/.test(count)) {
  process.stderr.write('usage: cli.mjs up COUNT [KIND…]   one more host for each KIND; see host-spec.mjs\n')
  process.exit(64)
}
const standard = Array.from({ length: Number(count) }, (_, index) => ({
  name: `host${String(index + 1).padStart(count.length, '0')}`,
}))
const odd = kinds.map((kind) => ({ name: kind, kind: /** @type {import('./rig.mjs').HostKind} */ (kind) }))
const rig = await startHosts([...standard, ...odd])
process.stdout.write(`${rig.inventoryPath}\n`)
process.stderr.write(`ssh -F ${rig.sshConfig} ${rig.hosts[0]?.name}\nCtrl-C ends it.\n`)
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')])
await rig.stop()
