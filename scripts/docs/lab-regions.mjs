import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { fenced } from './regions.mjs'
import { ourModule } from '../our-module.mjs'

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const relieve = ['playbooks/relieve-now.yml', '-i', 'lab.yml']
const prevent = ['playbooks/prevent.yml', '-i', 'lab.yml']
const pictured = 'web:edge:fresh:relieved:overridden:down'
const columns = 110

/** What the program prints on the embedded hosts; every text in the documentation that looks like output is one of these. */
export async function runLabScenes() {
  const { startLab } = await ourModule('lab/start-lab.ts')
  const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-docs-'))
  // The hosts' shells run as nobody when root does this.
  chmodSync(folder, 0o711)
  cpSync(new URL('../../playbooks', import.meta.url), join(folder, 'playbooks'), { recursive: true })
  const lab = await startLab({ folder })
  try {
    return await runScenes(folder)
  } finally {
    await lab.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runScenes(folder) {
  const dryRun = await run(['plan', ...relieve, '-l', 'edge', '--diff'], folder)
  // Runs of one second are listed in the order of chance.
  await nextSecond()
  const apply = await runInColor(['apply', ...relieve, '-l', pictured], folder)
  const runs = await run(['runs'], folder)
  const again = await runInColor(['apply', ...relieve, '-l', pictured], folder)
  const json = await run(['plan', ...prevent, '-l', 'fresh:down', '--output', 'json'], folder)
  const jsonl = await run(['verify', ...relieve, '-l', 'relieved', '--output', 'jsonl'], folder)
  return { dryRun, json, jsonl, runs, apply, picture: [...terminalLines(apply), ...terminalLines(again)] }
}

function nextSecond() {
  return new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000)))
}

/** The scenes as parts of pages. */
export function labRegions({ dryRun, json, jsonl, runs, apply }) {
  return {
    'apply-excerpt': fenced(
      [`$ ${apply.command}`, ...excerpt(apply.stdout), '$ echo $?', apply.exitCode].join('\n'),
    ),
    'dry-run': session(dryRun),
    json: fenced(JSON.stringify(JSON.parse(json.stdout), null, 2), 'json'),
    jsonl: fenced(jsonl.stdout, 'json'),
    runs: session(runs),
  }
}

function session({ command, stdout, exitCode }) {
  return fenced(`$ ${command}\n${stdout}$ echo $?\n${exitCode}`)
}

/** The hosts that were relieved, and the recap. */
function excerpt(stdout) {
  const blocks = stdout.trimEnd().split('\n\n')
  const block = (start) => {
    const found = blocks.find((text) => text.startsWith(start))
    if (found === undefined) throw new Error(`the run on the lab shows nothing that begins with ${start}`)
    return found
  }
  return [block('edge,'), '…', block('ok=')].join('\n\n').split('\n')
}

async function run(words, cwd) {
  const shown = words.map((word) => (/^[\w./:=-]+$/.test(word) ? word : `'${word}'`))
  const child = spawn(process.execPath, [program, ...words], {
    cwd,
    env: { PATH: process.env.PATH, CONNTRACKCTL_STATE_DIR: 'state' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
  const exitCode = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (stdout === '')
    throw new Error(`conntrackctl ${words.join(' ')} printed nothing and ended with ${exitCode}`)
  return { command: `conntrackctl ${shown.join(' ')}`, stdout, exitCode }
}

/** The same run as a terminal shows it: rendered by the program's own code, and held to what it printed. */
async function runInColor(words, cwd) {
  const { readRecord } = await ourModule('record/read-record.ts')
  const { findRun } = await ourModule('record/list-runs.ts')
  const { renderText } = await ourModule('report/text.ts')
  const ended = await run(words, cwd)
  const id = /\brun (\S+)/.exec(ended.stdout)?.[1] ?? ''
  const { result } = await readRecord(await findRun(join(cwd, 'state'), id))
  const style = { verbosity: 0, diff: false }
  if (
    stripVTControlCharacters(renderText(result, { ...style, color: true, width: Infinity })) !== ended.stdout
  )
    throw new Error(`${ended.command}: the picture would not show what the program printed`)
  return { ...ended, terminal: renderText(result, { ...style, color: true, width: columns }) }
}

function terminalLines({ command, terminal, exitCode }) {
  return [
    `\u001b[1m$ ${command}\u001b[0m`,
    ...terminal.trimEnd().split('\n'),
    '\u001b[1m$ echo $?\u001b[0m',
    String(exitCode),
    '',
  ]
}
