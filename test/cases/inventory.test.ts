import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadInventory } from '../../src/inventory/load-inventory.ts'
import { InputError } from '../../src/problem.ts'

const folder = new URL('inventory/', import.meta.url).pathname

/**
 * A case is a folder: `input/`, what to read of it in `sources` (a line each, by default `hosts`), and
 * in `expected.txt` everything that is wrong with it.
 */
function sourcesOf(name: string): readonly string[] {
  const file = join(folder, name, 'sources')
  return existsSync(file) ? readFileSync(file, 'utf8').replace(/\n$/, '').split('\n') : ['hosts']
}

describe('broken inventories are refused whole, with every problem', () => {
  const names = readdirSync(folder).sort()

  test('there are some', () => {
    expect(names.length).toBeGreaterThanOrEqual(10)
  })

  test.each(names)('%s', async (name) => {
    const start = process.cpuUsage()
    const refusal = await loadInventory(sourcesOf(name), { cwd: join(folder, name, 'input') }).then(
      () => null,
      (error: unknown) => error,
    )
    if (!(refusal instanceof InputError)) throw refusal ?? new Error('the inventory was taken')
    await expect(`${refusal.message}\n`).toMatchFileSnapshot(join(folder, name, 'expected.txt'))
    const { user, system } = process.cpuUsage(start)
    expect(user + system).toBeLessThan(10_000_000)
  })
})
