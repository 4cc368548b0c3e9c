import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { conditions } from '../../../src/lab/conditions.ts'
import { runProgram } from '../../golden/run-program.ts'
import { freshLab, labFolder } from './fresh-lab.ts'

test('diagnose of the lab: idle connections are named and a playbook follows; no entries, no playbook', async () => {
  const lab = await freshLab({
    conditions: conditions.filter(({ name }) => name === 'edge' || name === 'web'),
  })
  const folder = labFolder()
  const diagnose = (host: string) =>
    runProgram([
      'diagnose',
      host,
      '-i',
      lab.inventoryFile,
      '--state-dir',
      folder,
      '--write',
      join(folder, host),
    ])

  const edge = await diagnose('edge')
  expect(edge.exitCode, edge.stderr).toBe(0)
  expect(edge.stdout).toContain('idle-established, 70 %: 21784 of 21784 established connections')
  expect(readFileSync(join(folder, 'edge'), 'utf8')).toMatch(
    /tcp_established: 3600s[\s\S]*state: ESTABLISHED/,
  )

  const web = await diagnose('web')
  expect(web.exitCode).toBe(2)
  expect(web.stderr).toContain('no playbook was written: the entries of no host could be read')
  expect(existsSync(join(folder, 'web'))).toBe(false)
})
