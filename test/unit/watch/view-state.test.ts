import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { painter } from '../../../src/report/paint.ts'
import { renderWatch } from '../../../src/watch/render-watch.ts'
import { keysOf } from '../../../src/watch/terminal-screen.ts'
import { firstView, pressKey, shownHosts, type ViewState } from '../../../src/watch/view-state.ts'
import { backoffSeconds } from '../../../src/watch/watch-host.ts'
import { newWatchedHost, type WatchedHost } from '../../../src/watch/watched-host.ts'

function host(name: string, counts: readonly number[], drops = 0): WatchedHost {
  const watched = newWatchedHost(name)
  for (const [index, count] of counts.entries()) {
    const sample = { count, max: 1000, drop: drops * index, earlyDrop: 0, insertFailed: 0, chainlength: null }
    watched.history.add(sample, index)
  }
  watched.state = 'live'
  watched.answeredAtSeconds = counts.length - 1
  return watched
}

const lost: WatchedHost = {
  ...newWatchedHost('lost\u001b[2J'),
  state: 'lost',
  error: { kind: 'timeout', message: 'no answer\u001b]0;x\u0007', hint: 'wait' },
}
const hosts = [host('a', [100, 110]), host('b', [900, 901], 3), host('c', [500, 590]), lost]

const names = (state: Partial<ViewState>): string[] =>
  shownHosts(hosts, { ...firstView, ...state }).map(({ host: name }) => name.slice(0, 4))

function press(keys: readonly string[], rows = 2, from: ViewState = firstView): ViewState {
  return keys.reduce((state, key) => pressKey(state, key, hosts, rows).state, from)
}

test('hosts stand in the order that is asked for, those that are silent last', () => {
  expect(names({})).toEqual(['b', 'c', 'a', 'lost'])
  expect(names({ sorting: 'growth' })).toEqual(['c', 'a', 'b', 'lost'])
  expect(names({ sorting: 'drops' })[0]).toBe('b')
  expect(names({ sorting: 'host' })).toEqual(['a', 'b', 'c', 'lost'])
  expect(names({ isReversed: true })).toEqual(['lost', 'a', 'c', 'b'])
  expect(names({ filter: 'TIMEOUT' })).toEqual(['lost'])
})

test('the cursor walks, stays on the screen, and stays with its host', () => {
  expect(press(['down']).selected).toBe('b')
  const state = press(['down', 'down', 'j'])
  expect(state).toMatchObject({ selected: 'a', top: 1 })
  expect(press(['G', 'down'])).toMatchObject({ selected: lost.host, top: 2 })
  expect(press(['G', 'home'])).toMatchObject({ selected: 'b', top: 0 })
  expect(press(['enter']).screen).toBe('detail')
  expect(press(['enter', 'down', 'escape'])).toMatchObject({ screen: 'list', selected: 'c' })
})

test('keys are text while a filter is typed', () => {
  expect(press(['/', 'q', 's', 'space', 'x', 'backspace'])).toMatchObject({ filter: 'qs ', isTyping: true })
  expect(press(['/', 'b', 'enter', 's'])).toMatchObject({ filter: 'b', isTyping: false, sorting: 'growth' })
  expect(press(['/', 'b', 'escape']).filter).toBe('')
  expect(pressKey(press(['/']), 'ctrl-c', hosts, 2).effect).toBe('interrupt')
  expect(pressKey(firstView, 'q', hosts, 2).effect).toBe('quit')
})

test('a terminal names its keys in many ways', () => {
  expect(keysOf('\u001b[A\u001bOBq\r')).toEqual(['up', 'down', 'q', 'enter'])
  expect(keysOf('\u001b')).toEqual(['escape'])
  expect(keysOf('\u001b[1;5C\u001b[200~ä\u0001')).toEqual(['ä'])
})

const anyKey = fc.constantFrom(
  'down',
  'up',
  'enter',
  'escape',
  '?',
  's',
  'o',
  '/',
  'x',
  'G',
  'pageup',
  'space',
)

test('whatever is pressed, a frame fits its screen and holds nothing that the terminal would obey', () => {
  fc.assert(
    fc.property(
      fc.array(anyKey, { maxLength: 12 }),
      fc.integer({ min: 10, max: 140 }),
      fc.integer({ min: 2, max: 40 }),
      fc.boolean(),
      (keys, columns, rows, isColored) => {
        const state = press(keys, rows)
        const lines = renderWatch({
          hosts,
          state,
          columns,
          rows,
          intervalSeconds: 2,
          nowSeconds: 9,
          paint: painter(isColored),
        })
        expect(lines.length).toBeLessThanOrEqual(rows)
        for (const line of lines) {
          const text = line.replaceAll(/\u001b\[\d+m/g, '')
          expect(Array.from(text).length).toBeLessThanOrEqual(columns)
          expect(text).not.toMatch(/\p{Cc}/u)
        }
      },
    ),
  )
})

test('pauses grow to a minute, and no two hosts come back together', () => {
  expect([1, 2, 3, 4, 20].map((failures) => backoffSeconds(failures, 0.5))).toEqual([1, 2, 4, 8, 60])
  expect(backoffSeconds(3, 0)).toBe(3)
  expect(backoffSeconds(3, 1)).toBe(5)
})
