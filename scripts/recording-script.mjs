// Prints the script that reads a host for test/cases/hosts: `node scripts/recording-script.mjs | ssh HOST sudo sh >answer.txt`.
// It reads every conntrack setting there is, so that one recording serves any wish, and changes nothing.
import { closeModules, ourModule } from './our-module.mjs'
const { readingFor } = await ourModule('host/reading.ts')
const { readingScript } = await ourModule('host/script.ts')
const { tunables } = await ourModule('kernel/tunables.ts')

const neighbours = ['net.ipv4.ip_forward', 'net.ipv4.tcp_tw_reuse']
const keys = [...tunables.map(({ key }) => key), ...neighbours]
const everything = {
  play: 'recording',
  sysctls: keys.map((key) => ({ key, value: '1' })),
  persist: true,
  conflicts: 'report',
  module: 'leave',
}
const marks = { begin: 'conntrackctl-begin-recording', end: 'conntrackctl-end-recording' }
process.stdout.write(readingScript(readingFor(everything, 'verify'), marks))
await closeModules()
