// Writes the generated parts of README.md and docs/, the picture of a run, and schema/, from the built program.
// With --check it writes nothing, names what is out of date and exits with 1.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { commandRegions } from './docs/command-regions.mjs'
import { drawTerminal } from './docs/draw-terminal.mjs'
import { labRegions, runLabScenes } from './docs/lab-regions.mjs'
import { playbookRegions } from './docs/playbook-regions.mjs'
import { fillRegions, isSameRun } from './docs/regions.mjs'

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
const regions = { ...(await commandRegions()), ...(await playbookRegions()), ...labRegions(scenes) }
const used = new Set()
for (const page of ['README.md', ...readdirSync(new URL('docs/', root)).map((name) => `docs/${name}`)])
  if (page.endsWith('.md'))
    put(page, fillRegions(readFileSync(new URL(page, root), 'utf8'), regions, page, used))
put('docs/demo.svg', drawTerminal(scenes.picture))
const { playbookJsonSchema } = await import('../dist/playbook/json-schema.js')
const { resultJsonSchema } = await import('../dist/report/result-schema.js')
put('schema/playbook.schema.json', playbookJsonSchema())
const { logJsonSchema } = await import('../dist/report/log-line-schema.js')
put('schema/log.schema.json', `${JSON.stringify(logJsonSchema(), null, 2)}\n`)
const { savedPlanJsonSchema } = await import('../dist/record/saved-plan.js')
put('schema/plan.schema.json', `${JSON.stringify(savedPlanJsonSchema(), null, 2)}\n`)
put('schema/result.schema.json', `${JSON.stringify(resultJsonSchema(), null, 2)}\n`)

const unused = Object.keys(regions).filter((name) => !used.has(name))
if (unused.length > 0) throw new Error(`no page has a place for ${unused.join(', ')}`)
if (outdated.length > 0) {
  console.error(`out of date: ${outdated.join(', ')}; run \`npm run docs\``)
  process.exitCode = 1
}
