// Writes the generated parts of README.md and docs/, the picture of a run, the man page and schema/, from the built program.
// With --check it writes nothing, names what is out of date and exits with 1.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { commandRegions } from './docs/command-regions.mjs'
import { drawTerminal } from './docs/draw-terminal.mjs'
import { labRegions, runLabScenes } from './docs/lab-regions.mjs'
import { manPage } from './docs/man-page.mjs'
import { inventoryRegions } from './docs/inventory-regions.mjs'
import { playbookRegions } from './docs/playbook-regions.mjs'
import { fillRegions, isSameRun } from './docs/regions.mjs'
import { closeModules, ourModule } from './our-module.mjs'

const root = new URL('..', import.meta.url)
const isCheck = process.argv.includes('--check')
const outdated = []

/** Writes a file of the project, or notes that it is out of date. What only a run's time and id tell apart stays. */
function put(path, text) {
  const file = new URL(path, root)
  if (existsSync(file) && isSameRun(readFileSync(file, 'utf8'), text)) return
  if (isCheck) outdated.push(path)
  else writeFileSync(file, text)
}

const scenes = await runLabScenes()
const regions = {
  ...(await commandRegions()),
  ...(await playbookRegions()),
  ...(await inventoryRegions()),
  ...labRegions(scenes),
}
const used = new Set()
for (const page of ['README.md', ...readdirSync(new URL('docs/', root)).map((name) => `docs/${name}`)])
  if (page.endsWith('.md'))
    put(page, fillRegions(readFileSync(new URL(page, root), 'utf8'), regions, page, used))
put('docs/demo.svg', drawTerminal(scenes.picture))
put('man/conntrackctl.1', await manPage())
const { schemas } = await ourModule('commands/schema.ts')
for (const [name, text] of Object.entries(schemas)) put(`schema/${name}.schema.json`, text())
await closeModules()

const unused = Object.keys(regions).filter((name) => !used.has(name))
if (unused.length > 0) throw new Error(`no page has a place for ${unused.join(', ')}`)
if (outdated.length > 0) {
  console.error(`out of date: ${outdated.join(', ')}; run \`npm run docs\``)
  process.exitCode = 1
}
