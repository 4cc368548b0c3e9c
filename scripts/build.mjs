// TypeScript to dist/: the program bundled with what it uses, which halves the time that it takes to start; types for
// those who use the library; and the files that are read as they are. Built aside and swapped in, so that a program that
// is running never sees half a build.
import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { text } from 'node:stream/consumers'
import { rolldown } from 'rolldown'

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

/** Checks the types of src/ and writes those of the library. */
async function writeTypes() {
  const words = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', fresh.pathname]
  const tsc = spawn(process.execPath, ['node_modules/typescript/bin/tsc', ...words], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said, status] = await Promise.all([
    text(tsc.stdout),
    new Promise((resolve) => tsc.on('close', resolve)),
  ])
  if (status !== 0) stop(said, status)
}

/** Gives the folders of the packages that went into the program. */
async function writeProgram() {
  const bundle = await rolldown({
    cwd: root.pathname,
    input: {
      cli: 'src/cli.ts',
      library: 'src/library.ts',
      'host-thread': 'src/fleet/threads/host-thread.ts',
    },
    platform: 'node',
    // The first has parts in other languages, which it looks for beside its own files; the others are for runs with
    // --queue alone.
    external: ['ssh2', 'bullmq', 'ioredis'],
    transform: { target: 'node20' },
  })
  // Flat, as src/host and src/report/html look for their files beside themselves.
  const { output } = await bundle.write({
    dir: fresh.pathname,
    format: 'esm',
    chunkFileNames: 'part-[name]-[hash].js',
  })
  await bundle.close()
  const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
  return new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? []))
}

/** What the authors of `packages` want said wherever copies of their work go. */
function licensesOf(packages) {
  return [...packages]
    .toSorted((one, other) => one.localeCompare(other))
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
      const terms = file === undefined ? '' : `\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}\n`
      return `${name} ${version} (${license})\n${terms}`
    })
}

mkdirSync(fresh)
const [packages] = await Promise.all([writeProgram(), writeTypes()])
writeFileSync(new URL('licenses.txt', fresh), licensesOf(packages).join(`\n${'-'.repeat(72)}\n\n`))
// What is sent to hosts, and what stands in the page of a report.
for (const [folder, ending] of [
  ['host', /\.(sh|pl|py)$/],
  ['report/html', /\.(css|js)$/],
])
  for (const name of readdirSync(new URL(`src/${folder}/`, root)).filter((file) => ending.test(file)))
    cpSync(new URL(`src/${folder}/${name}`, root), new URL(name, fresh))
chmodSync(new URL('cli.js', fresh), 0o755)

try {
  renameSync(dist, old)
} catch (error) {
  if (error.code !== 'ENOENT') throw error
}
renameSync(fresh, dist)
rmSync(old, { recursive: true, force: true })
