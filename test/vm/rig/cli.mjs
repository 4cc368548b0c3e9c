// @ts-check
// Machines to try things on by hand: node test/vm/rig/cli.mjs up 2
import { once } from 'node:events'
import { startVms } from './rig.mjs'

const [command, count = '1'] = process.argv.slice(2)
if (command !== 'up' || !/^[1-9]\d*$/.test(count)) {
  process.stderr.write('usage: cli.mjs up COUNT\n')
  process.exit(64)
}
const rig = await startVms(Array.from({ length: Number(count) }, (_, index) => ({ name: `vm${index + 1}` })))
process.stdout.write(`${rig.inventoryPath}\n`)
process.stderr.write(`ssh -F ${rig.sshConfig} vm1\nCtrl-C ends it.\n`)
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')])
await rig.stop()
