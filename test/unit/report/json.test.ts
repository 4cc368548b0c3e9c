import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonPieces, renderJson } from '../../../src/report/json.ts'
import { hostLine, summaryLine } from '../../../src/report/jsonl.ts'
import { anyHost, anyRun } from './any-result.ts'
import { madeUpHost, madeUpRun } from './made-up.ts'

const unsafe = /[^\n\P{Cc}]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

test('parsing the JSON gives the very result, and nothing in it can be obeyed by a terminal', () => {
  fc.assert(
    fc.property(anyRun, (run) => {
      const text = renderJson(run)
      expect(JSON.parse(text)).toEqual(run)
      expect(text).not.toMatch(unsafe)
    }),
  )
})

test('one line a host', () => {
  const run = madeUpRun([madeUpHost('web1', 'ok'), madeUpHost('web2', 'changed')])
  expect(renderJson(run)).toBe(`{
  "version": 1,
  "run": "20261122T190000Z-3f9c",
  "command": "apply",
  "playbook": "playbooks/prevent.yml",
  "started": "2026-11-22T19:00:00.000Z",
  "finished": "2026-11-22T19:00:12.300Z",
  "hosts": [
    {"host":"web1","play":"Raise the ceiling","status":"ok","facts":null,"changes":[],"findings":[],"error":null},
    {"host":"web2","play":"Raise the ceiling","status":"changed","facts":null,"changes":[],"findings":[],"error":null}
  ],
  "totals": {"ok":1,"changed":1,"pending":0,"failed":0,"unreachable":0,"skipped":0,"unsupported":0,"unknown":0}
}
`)
})

test('no piece holds more than one host', () => {
  const names = ['web1', 'web2', 'web3']
  const pieces = [...jsonPieces(madeUpRun(names.map((name) => madeUpHost(name, 'ok'))))]
  for (const piece of pieces) expect(names.filter((name) => piece.includes(name)).length).toBeLessThan(2)
})

test('a line of jsonl is one line, and parsing it gives the very host', () => {
  fc.assert(
    fc.property(anyHost, (host) => {
      const line = hostLine(host)
      expect(line.indexOf('\n')).toBe(line.length - 1)
      expect(JSON.parse(line)).toEqual(host)
      expect(line).not.toMatch(unsafe)
    }),
  )
})

test('the summary line is the result without its hosts', () => {
  fc.assert(
    fc.property(anyRun, (run) => {
      const { hosts, ...rest } = run
      expect(JSON.parse(summaryLine(run))).toEqual({ summary: rest })
      expect(hosts).toBeDefined()
    }),
  )
})
