import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRecord } from '../../src/record/read-record.ts'
import type { HostResult, RunResult } from '../../src/report/host-result.ts'
import { renderHtml } from '../../src/report/html/render-html.ts'
import { anyRunOf } from './made-up-fleet.ts'
import { startChromium } from './chromium.ts'
import { type Fleet, setCounts, startFleet } from './fleet.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let fleet: Fleet
let browser: BrowserContext & AsyncDisposable
let file: string
let applied: RunResult

/** 31 of each of 16 kinds: 496 hosts, and one run on each kind before. */
beforeAll(async () => {
  ;[fleet, browser] = await Promise.all([
    startFleet(Number(process.env['FLEET_COPIES'] ?? 31), 0),
    startChromium(),
  ])
  setCounts(fleet.lab, 0.8)
  await fleet.runOn('verify', 'playbooks/relieve-now.yml', '--quiet', '-l', 'web:nat:lb')
  setCounts(fleet.lab, 1)
  await fleet.runOn('apply', 'playbooks/relieve-now.yml', '--quiet')
  file = join(fleet.folder, 'report.html')
  const { exitCode, stderr } = await fleet.run('report', 'last', '--format', 'html', '--out', file)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  applied = JSON.parse((await fleet.run('report', 'last', '--format', 'json')).stdout)
}, 600_000)

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await fleet?.[Symbol.asyncDispose]()
})

/** Opens a page and notes all that it says and asks for. */
async function open(
  path: string,
  scheme: 'light' | 'dark' = 'light',
  width = 1280,
): Promise<{ page: Page; said: string[] }> {
  const page = await browser.newPage()
  page.setDefaultTimeout(120_000)
  const said: string[] = []
  page.on('console', (message) => said.push(`console: ${message.text()}`))
  page.on('pageerror', (error) => said.push(`error: ${error.message}`))
  page.on('request', (request) => {
    if (request.url() !== `file://${path}` && !request.url().startsWith('data:'))
      said.push(`request: ${request.url()}`)
  })
  await page.emulateMedia({ colorScheme: scheme })
  await page.setViewportSize({ width, height: 900 })
  await page.goto(`file://${path}`)
  return { page, said }
}

/** What axe finds wrong, as lines that a person can act on. */
async function axeFindings(page: Page): Promise<string[]> {
  // The page's policy lets no script in; the debugger may.
  const results = (await page.evaluate(`${axe}; axe.run()`)) as AxeResults
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ target }) => `${id}: ${target.join(' ')}`),
  )
}

const visibleHosts = (page: Page): Promise<string[]> =>
  page.locator('#rows > tr:not(.more):not([hidden]) .name').allTextContents()

describe('a report of 496 hosts in Chromium', () => {
  test('draws its charts from the figures of the run, asks for nothing and says nothing', async () => {
    const { page, said } = await open(file)
    expect(await page.locator('h1').textContent()).toContain(
      `${applied.totals.changed} hosts changed and verified`,
    )
    expect(await page.locator('.spread rect').count()).toBeGreaterThan(10)
    expect(await page.locator('.fullest li').count()).toBe(12)
    expect(await page.locator('.trend polyline').count()).toBe(2)
    const drawn = await page
      .locator('.spread rect.bar-before')
      .evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect()))
    expect(drawn.every(({ width, height }) => width > 5 && height >= 2)).toBe(true)
    // Bars stand for hosts: their labels add up to the hosts that were read.
    const labels = await page.locator('.spread .value').allTextContents()
    const read = applied.hosts.filter(({ facts }) => facts?.count != null).length
    expect(labels.reduce((sum, label) => sum + Number(label.replaceAll(/\D/g, '')), 0)).toBe(2 * read)
    expect(said).toEqual([])
    await page.close()
  })

  test('sorts, filters, searches, and opens a host, by mouse and by keyboard', async () => {
    const { page, said } = await open(file)
    expect((await visibleHosts(page)).length).toBe(applied.hosts.length)

    await page.getByRole('button', { name: 'entries' }).click()
    const counts = await page.locator('#rows > tr td:nth-child(4)').allTextContents()
    const numbers = counts.map((text) => Number(text.replaceAll(/\D/g, '') || -1))
    expect(numbers).toEqual(numbers.toSorted((one, other) => other - one))
    expect(await page.locator('th[aria-sort]').getAttribute('aria-sort')).toBe('descending')
    await page.getByRole('button', { name: 'host', exact: true }).press('Enter')
    const names = await visibleHosts(page)
    expect(names).toEqual(names.toSorted(new Intl.Collator('en', { numeric: true }).compare))

    await page.locator('input[value=unreachable]').check()
    expect((await visibleHosts(page)).length).toBe(applied.totals.unreachable)
    expect(await page.locator('.shown').textContent()).toBe(
      `${applied.totals.unreachable} of ${applied.hosts.length} rows`,
    )
    await page.locator('#search').fill('keyless 01')
    expect(await visibleHosts(page)).toEqual(['keyless01'])

    await page.getByRole('button', { name: 'keyless01' }).press('Space')
    expect(await page.locator('.more').textContent()).toContain('auth at login')
    await page.getByRole('button', { name: 'keyless01' }).press('Space')
    expect(await page.locator('.more').count()).toBe(0)
    await page.locator('#search').fill('no such host')
    expect(await page.locator('#none').isVisible()).toBe(true)
    await page.locator('#search').fill('')
    await page.locator('a.tile[data-status=failed]').click()
    expect((await visibleHosts(page)).length).toBe(applied.totals.failed)
    expect(said).toEqual([])
    await page.close()
  })

  test.each([
    ['light', 1280, 'changed'],
    ['dark', 1280, 'failed'],
    ['dark', 390, 'unreachable'],
  ] as const)('has nothing for axe to find: %s at %d pixels', async (scheme, width, status) => {
    const { page } = await open(file, scheme, width)
    // axe takes its time for each row that can be seen.
    await page.locator(`input[value=${status}]`).check()
    await page.locator('#search').fill('01')
    for (const button of await page.locator('.name button:visible').all()) await button.click()
    await page.locator('.outcome summary').first().click()
    await page.locator('.outcome summary').last().click()
    expect(await axeFindings(page)).toEqual([])
    // Nothing sticks out of a phone's screen.
    const sticksOut = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    expect(await page.evaluate(sticksOut)).toBe(0)
    await page.close()
  })

  test('fits on paper, with everything unfolded, and folds again', async () => {
    const { page } = await open(file, 'light', 703)
    await page.emulateMedia({ media: 'print' })
    const sticksOut = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    expect(await page.evaluate(sticksOut)).toBe(0)
    const folded = page.locator('.outcome:not([open])')
    const before = await folded.count()
    expect(before).toBeGreaterThan(3)
    await page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(await folded.count()).toBe(0)
    expect(await page.locator('.outcome .changes').first().isVisible()).toBe(true)
    expect(await page.evaluate(sticksOut)).toBe(0)
    await page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(await folded.count()).toBe(before)
    await page.close()
  })

  test('shows every row without script', async () => {
    const context = await browser.browser()?.newContext({ javaScriptEnabled: false })
    const page = await context?.newPage()
    await page?.goto(`file://${file}`)
    expect(await page?.locator('#rows > tr').count()).toBe(applied.hosts.length)
    await context?.close()
  })
})

test('what hosts say is text, whatever it looks like', async () => {
  const attack =
    '"><script>window.hacked = 1</script><img src=x onerror="window.hacked = 2"></style></script><!--'
  const host = (name: string): HostResult => ({
    host: `${name}${attack}`,
    play: attack,
    status: 'failed',
    facts: { kernel: attack, count: 10, max: 100, hashsize: 100, memory_bytes: 1 },
    changes: [
      {
        kind: 'file',
        key: attack,
        path: attack,
        before: null,
        after: `${attack}\n${attack}`,
        reason: attack,
        state: 'failed',
      },
    ],
    findings: [{ code: 'drops', severity: 'warning', message: attack, hint: attack }],
    error: { kind: 'command', stage: 'apply', message: attack, hint: attack },
  })
  const result = { ...applied, playbook: attack, notes: [attack], hosts: [host('a'), host('b')] }
  const path = join(fleet.folder, 'hostile.html')
  writeFileSync(
    path,
    renderHtml({ result, isComplete: false, history: [applied, result], by: attack, words: [attack] }),
  )
  const { page, said } = await open(path)
  for (const button of await page.locator('.name button').all()) await button.click()
  expect(await page.locator('.more').count()).toBe(2)
  expect(await page.locator('.more').first().textContent()).toContain('<script>window.hacked = 1</script>')
  expect(await page.evaluate('window.hacked')).toBeUndefined()
  expect(await page.locator('img').count()).toBe(0)
  expect(said).toEqual([])
  await page.close()
})

test('a page of 5,000 hosts is there within seconds and filters at once', async () => {
  const result = anyRunOf(applied, 5_000)
  const path = join(fleet.folder, 'large.html')
  const text = renderHtml({ result, isComplete: true, history: [applied, result], by: null, words: [] })
  expect(text.length).toBeLessThan(12_000_000)
  writeFileSync(path, text)
  const { page, said } = await open(path)
  expect(await page.locator('#rows > tr').count()).toBe(5_000)
  await page.locator('#search').fill('h4999')
  expect(await visibleHosts(page)).toEqual(['h4999'])
  expect(said).toEqual([])
  await page.close()
})

test('a run that was cut off has a page as well', async () => {
  const runs = (await fleet.run('runs', '--output', 'json')).stdout
  const [{ folder }] = JSON.parse(runs) as [{ folder: string }]
  writeFileSync(join(folder, 'result.json'), '{"version": 1, "run"')
  expect((await readRecord(folder)).isComplete).toBe(false)
  const path = join(fleet.folder, 'cut.html')
  expect((await fleet.run('report', 'last', '-F', 'html', '--out', path)).exitCode).toBe(0)
  const { page, said } = await open(path)
  expect(await page.locator('.note').first().textContent()).toContain('cut off')
  expect((await visibleHosts(page)).length).toBe(applied.hosts.length)
  expect(said).toEqual([])
  await page.close()
})
