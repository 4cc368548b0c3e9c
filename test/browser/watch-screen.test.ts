import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { conditions } from '../../src/lab/conditions.ts'
import { type Lab, startLab } from '../../src/lab/start-lab.ts'
import { type OwnTerminal, startTerminal } from '../golden/own-terminal.ts'

const program = new URL('../../dist/cli.js', import.meta.url).pathname

let folder: string
let lab: Lab

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conntrackctl-watch-'))
  chmodSync(folder, 0o711)
  lab = await startLab({
    folder,
    conditions: conditions.filter(({ name }) => ['web', 'edge', 'alpine', 'keyless'].includes(name)),
  })
})
afterAll(async () => {
  await lab?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A terminal of its own with `watch` in it, and then its exit status. */
function watchIn(variables = ''): OwnTerminal {
  const command = `echo before; unset NO_COLOR; ${variables} '${process.execPath}' '${program}' watch -i '${lab.inventoryFile}' --interval 1s; echo "status $?"`
  return startTerminal(folder, command)
}

test('a screen of a real terminal that takes keys, follows its size, and leaves as it came', async () => {
  const { see, press, until } = watchIn('NO_COLOR=1')
  const list = await until(/5 of 6 hosts live, 1 lost/)
  expect(list).toMatch(/^web01 +█+.· +|^web01 +█/m)
  expect(list).toMatch(/93% +60,948 +65,536/)
  expect(list).toMatch(/^keyless +refused \(auth\)/m)
  expect(list).not.toContain('before')

  press('s')
  await until(/by growth/)
  press('S', 'o')
  await until(/by used, reversed/)
  press('o', '/', 'e', 'd', 'g')
  await until(/^\/edg_/m)
  press('Enter')
  await until(/1 shown/)
  press('Down', 'Enter')
  await until(/^entries +31,120 of 65,536 +47%/m)
  press('Escape')
  await until(/^HOST/m)
  press('Escape')
  await until(/6 shown/)
  press('?')
  await until(/another host; PgUp/)
  press('Escape')
  await until(/6 shown/)
  press('q')
  const after = await until(/status 0/)
  expect(after).toContain('before')
  expect(see()).not.toContain('HOST')
})

test.each([['Ctrl-C', 'C-c', 130]] as const)(
  '%s gives the terminal back, with a status of its own',
  async (_name, key, status) => {
    const { press, until } = watchIn()
    await until(/5 of 6 hosts live/)
    press(key)
    const after = await until(new RegExp(`status ${status}`))
    expect(after).toContain('before')
  },
)

test('a signal gives the terminal back as well', async () => {
  const { until } = watchIn()
  await until(/5 of 6 hosts live/)
  const { stdout } = spawnSync('pgrep', ['-f', `^[^ ]*node .*cli.js watch -i ${lab.inventoryFile}`], {
    encoding: 'utf8',
  })
  const pids = stdout.trim().split('\n').map(Number)
  for (const pid of pids) process.kill(pid, 'SIGTERM')
  expect(await until(/status 143/)).toContain('before')
})
