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

/**
 * What a run over hosts needs of src/ goes into few files instead of a hundred, which saves a tenth of its start. Other
 * commands need parts of it, which are files of their own, so that none reads much that is not its: each layer is what
 * its commands need beyond those before it. The first is the command line itself, the second what a shell waits for at
 * each Tab.
 */
const layers = {
  start: ['cli'],
  complete: ['commands/completion'],
  runs: ['commands/runs'],
  show: ['commands/report', 'commands/import-settings', 'commands/schema'],
  read: ['commands/validate', 'commands/inventory'],
  compile: ['commands/compile'],
  check: ['commands/check'],
  run: ['commands/run-playbook'],
}

/** A plugin that finds the layer of each module, and the rule for files that follows. */
function inLayers() {
  const layerOf = new Map()
  const findLayers = {
    name: 'layers',
    buildEnd() {
      const neededBy = (starts) => {
        const needed = new Set()
        const visit = (id) => {
          const module = this.getModuleInfo(id)
          if (module === null || module.isExternal || needed.has(id)) return
          needed.add(id)
          module.importedIds.forEach(visit)
        }
        for (const start of starts) visit(new URL(`src/${start}.ts`, root).pathname)
        return needed
      }
      const ofRuns = neededBy([...layers.start, ...layers.run])
      for (const [layer, starts] of Object.entries(layers))
        for (const id of neededBy(starts)) if (ofRuns.has(id) && !layerOf.has(id)) layerOf.set(id, layer)
      // An entry is a file of its own.
      layerOf.delete(new URL('src/cli.ts', root).pathname)
    },
  }
  const groups = Object.keys(layers).map((name, index, { length }) => ({
    name,
    priority: length - index,
    test: (id) => layerOf.get(id) === name,
  }))
  return { findLayers, groups }
}

/** Gives the folders of the packages that went into the program. */
async function writeProgram() {
  const { findLayers, groups } = inLayers()
  const bundle = await rolldown({
    cwd: root.pathname,
    input: {
      cli: 'src/cli.ts',
      library: 'src/library.ts',
      'host-thread': 'src/fleet/threads/host-thread.ts',
    },
    platform: 'node',
    plugins: [findLayers],
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
    codeSplitting: { groups },
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
