import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { junitPieces } from '../../src/report/junit.ts'
import { renderPrometheus } from '../../src/report/prometheus.ts'
import { anyRun } from '../unit/report/any-result.ts'
import { type Fleet, startFleet } from './fleet.ts'

const docs = new URL('../../docs/prometheus/', import.meta.url).pathname
const here = new URL('.', import.meta.url).pathname

let fleet: Fleet

beforeAll(async () => {
  fleet = await startFleet(1, 0)
  await fleet.runOn('apply', 'playbooks/relieve-now.yml', '--quiet')
})
afterAll(() => fleet?.[Symbol.asyncDispose]())

/** Runs a program with some text as input. */
function check(
  program: string,
  words: readonly string[],
  input = '',
): { status: number | null; said: string } {
  const { status, stdout, stderr, error } = spawnSync(program, words, { input, encoding: 'utf8', cwd: here })
  if (error !== undefined) throw error
  return { status, said: `${stdout}${stderr}` }
}

test('promtool has nothing to say about the metrics of a run', async () => {
  const { stdout } = await fleet.run('report', 'last', '-F', 'prometheus')
  expect(stdout).toContain('conntrackctl_nf_conntrack_entries{host="nat01"}')
  expect(check('promtool', ['check', 'metrics'], stdout)).toEqual({ status: 0, said: '' })
})

test('promtool can read the metrics of any run, whatever hosts say', () => {
  fc.assert(
    fc.property(anyRun, (run) => {
      expect(check('promtool', ['check', 'metrics'], renderPrometheus(run, false)).said).not.toContain(
        'error',
      )
    }),
    { numRuns: 15 },
  )
})

test('the alert rules are rules, and fire where they have to', () => {
  const rules = check('promtool', ['check', 'rules', join(docs, 'conntrackctl.rules.yml')])
  expect(rules).toMatchObject({ status: 0, said: expect.stringContaining('7 rules found') })
  const tested = check('promtool', ['test', 'rules', 'alert-rules-test.yml'])
  expect(tested).toMatchObject({ status: 0, said: expect.stringContaining('SUCCESS') })
})

test('rules and dashboard ask for metrics that are there, and for no others', async () => {
  const { stdout } = await fleet.run('report', 'last', '-F', 'prometheus')
  const there = new Set(stdout.match(/^conntrackctl_\w+/gm))
  for (const file of ['conntrackctl.rules.yml', 'grafana-dashboard.json']) {
    const text = readFileSync(join(docs, file), 'utf8')
    const asked = [...text.matchAll(/\bconntrackctl_\w+/g)].map(([name]) => name)
    expect(asked.filter((name) => !there.has(name))).toEqual([])
  }
  const { panels } = JSON.parse(readFileSync(join(docs, 'grafana-dashboard.json'), 'utf8'))
  for (const { targets } of panels as { targets: { expr: string }[] }[])
    for (const { expr } of targets) {
      const query = expr.replaceAll('$__rate_interval', '5m').replaceAll('$host', '.*')
      writeFileSync(
        join(fleet.folder, 'query.yml'),
        JSON.stringify({ groups: [{ name: 'x', rules: [{ record: 'x', expr: query }] }] }),
      )
      expect(check('promtool', ['check', 'rules', join(fleet.folder, 'query.yml')]), expr).toMatchObject({
        status: 0,
      })
    }
})

test("Debian's node_exporter serves the file that a report writes", async () => {
  const folder = join(fleet.folder, 'textfile')
  mkdirSync(folder)
  const file = join(folder, 'conntrackctl.prom')
  expect((await fleet.run('report', 'last', '-F', 'prometheus', '--out', file)).exitCode).toBe(0)
  // The exporter runs as a user of its own.
  expect(statSync(file).mode & 0o777).toBe(0o644)
  const port = await freePort()
  const exporter = spawn('prometheus-node-exporter', [
    `--web.listen-address=127.0.0.1:${port}`,
    '--collector.disable-defaults',
    '--collector.textfile',
    `--collector.textfile.directory=${folder}`,
  ])
  onTestFinished(() => void exporter.kill('SIGKILL'))
  const served = await untilServed(`http://127.0.0.1:${port}/metrics`)
  expect(served).toContain('node_textfile_scrape_error 0')
  expect(served).toContain(`node_textfile_mtime_seconds{file="${file}"}`)
  const ours = (text: string): string[] => text.match(/^conntrackctl_.*$/gm)?.toSorted() ?? []
  // It sorts labels by name, and writes numbers in its own way.
  const series = (line: string): string =>
    [...line.slice(0, line.lastIndexOf(' ')).split(/[{,}]/)].sort().join(' ')
  expect(ours(served).map(series)).toEqual(ours(readFileSync(file, 'utf8')).map(series))
})

test('JUnit is as its schema has it: of a run, of `--output junit`, and of whatever hosts say', async () => {
  const valid = (xml: string): { status: number | null; said: string } =>
    check('xmllint', ['--noout', '--schema', 'junit.xsd', '-'], xml)
  const { stdout } = await fleet.run('report', 'last', '-F', 'junit')
  expect(valid(stdout)).toEqual({ status: 0, said: '- validates\n' })
  const planned = await fleet.runOn('plan', 'playbooks/short-timeouts.yml', '--output', 'junit', '--quiet')
  expect(valid(planned.stdout)).toEqual({ status: 0, said: '- validates\n' })
  expect(planned.stdout).toContain('type="pending"')
  fc.assert(
    fc.property(anyRun, (run) => {
      expect(valid([...junitPieces(run)].join(''))).toMatchObject({ status: 0 })
    }),
    { numRuns: 15 },
  )
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** The exporter takes a moment to listen. */
async function untilServed(url: string): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(url).catch(() => null)
    if (answer?.ok === true) return answer.text()
    await setTimeout(200)
  }
  throw new Error(`nothing answers at ${url}`)
}
