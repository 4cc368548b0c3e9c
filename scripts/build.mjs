// TypeScript to dist/, with the shell files beside the code that sends them. Built aside and swapped in,
// so that a program that is running never sees half a build.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, readdirSync, renameSync, rmSync } from 'node:fs'

const root = new URL('..', import.meta.url)
const fresh = new URL(`dist.${process.pid}.new/`, root)
const old = new URL(`dist.${process.pid}.old/`, root)
const dist = new URL('dist/', root)

/** Ends the build with what the compiler said. */
function stop(message, status) {
  rmSync(fresh, { recursive: true, force: true })
  process.stderr.write(message)
  process.exit(status ?? 1)
}

const { status, stdout } = spawnSync(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', fresh.pathname],
  { cwd: root, encoding: 'utf8' },
)
if (status !== 0) stop(stdout, status)
// What is sent to hosts, and what stands in the page of a report, is not compiled.
for (const [folder, ending] of [
  ['host', /\.sh$/],
  ['report/html', /\.(css|js)$/],
])
  for (const name of readdirSync(new URL(`src/${folder}/`, root)).filter((file) => ending.test(file)))
    cpSync(new URL(`src/${folder}/${name}`, root), new URL(`${folder}/${name}`, fresh))
chmodSync(new URL('cli.js', fresh), 0o755)

try {
  renameSync(dist, old)
} catch (error) {
  if (error.code !== 'ENOENT') throw error
}
renameSync(fresh, dist)
rmSync(old, { recursive: true, force: true })
