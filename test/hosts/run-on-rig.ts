import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'
import type { RunResult } from '../../src/report/host-result.ts'
import { runProgram } from '../golden/run-program.ts'

const schema = JSON.parse(readFileSync(new URL('../../schema/result.schema.json', import.meta.url), 'utf8'))
const isResult = new Ajv2020({ allErrors: true }).compile(schema)

export interface RunOnRig {
  readonly exitCode: number | null
  readonly result: RunResult
  readonly stderr: string
  readonly seconds: number
}

/** Runs the program on the hosts of a rig, of any kind, and gives its JSON, which must be as its schema has it. */
export async function runOnRig(
  rig: { readonly inventoryPath: string; readonly folder: string },
  words: readonly string[],
): Promise<RunOnRig> {
  const begun = performance.now()
  const { exitCode, stdout, stderr } = await runProgram([
    ...words,
    '-i',
    rig.inventoryPath,
    '--state-dir',
    `${rig.folder}/state`,
    '--output',
    'json',
  ])
  const seconds = (performance.now() - begun) / 1000
  expect(stdout, stderr).not.toBe('')
  const result = JSON.parse(stdout)
  expect(isResult(result), JSON.stringify(isResult.errors)).toBe(true)
  return { exitCode, result, stderr, seconds }
}

/** The hosts of a result by status. */
export function hostsByStatus({ hosts }: RunResult): Record<string, string[]> {
  const names: Record<string, string[]> = {}
  for (const { host, status } of hosts) (names[status] ??= []).push(host)
  return names
}
