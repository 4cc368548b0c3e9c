// Makes a fresh clone ready: dependencies from the lock file, then the build. Silent when nothing is to do.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'

const root = new URL('..', import.meta.url)
const at = (path) => new URL(path, root)

/** Runs a command and stops with its exit status when it fails; its output is shown only then. */
function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (status === 0) return
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`)
  process.stderr.write(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}\n`)
  process.exit(status ?? 1)
}

const installed = at('node_modules/.package-lock.json')
const isStale =
  !existsSync(installed) || statSync(installed).mtimeMs < statSync(at('package-lock.json')).mtimeMs
if (isStale) {
  process.stderr.write('installing dependencies …\n')
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
}
run(process.execPath, ['scripts/build.mjs'])
