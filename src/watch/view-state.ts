import type { WatchedHost } from './watched-host.ts'

const sortings = ['used', 'growth', 'drops', 'full_in', 'host'] as const

export type Sorting = (typeof sortings)[number]

/** What the operator looks at. */
export interface ViewState {
  readonly screen: 'list' | 'detail' | 'help'
  readonly sorting: Sorting
  readonly isReversed: boolean
  /** Part of a host's name, or of its state. */
  readonly filter: string
  /** Are keys taken as text of the filter? */
  readonly isTyping: boolean
  /** The host that the cursor stands on, by name: it stays with its host when the order changes. */
  readonly selected: string | null
  /** The first row that is shown. */
  readonly top: number
}

export const firstView: ViewState = {
  screen: 'list',
  sorting: 'used',
  isReversed: false,
  filter: '',
  isTyping: false,
  selected: null,
  top: 0,
}

/** The hosts that the filter lets through, in the order that is asked for. */
export function shownHosts(hosts: readonly WatchedHost[], state: ViewState): readonly WatchedHost[] {
  const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean)
  const fitting = hosts.filter((host) => {
    const text = `${host.host} ${host.state} ${host.error?.kind ?? ''}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const keyed = fitting.map((host) => ({ host, key: sortKey(host, state.sorting) }))
  keyed.sort((one, other) => other.key - one.key || collator.compare(one.host.host, other.host.host))
  const sorted = keyed.map(({ host }) => host)
  return state.isReversed ? sorted.toReversed() : sorted
}

const collator = new Intl.Collator('en', { numeric: true })

/** The largest comes first; hosts that say nothing come last, but for those in trouble, which nobody should miss. */
function sortKey({ history, state }: WatchedHost, sorting: Sorting): number {
  if (sorting === 'host') return 0
  const trend = state === 'live' ? history.trend() : null
  if (trend === null) return state === 'lost' || state === 'refused' ? -1e300 : -Infinity
  switch (sorting) {
    case 'used':
      return trend.used
    case 'growth':
      return trend.entriesPerSecond ?? -1e200
    case 'drops':
      return (trend.dropsPerSecond ?? 0) + (trend.earlyDropsPerSecond ?? 0) / 1e6
    case 'full_in':
      return trend.fullInSeconds === null ? -1e200 : -trend.fullInSeconds
  }
}

/** What a key asks of the program, besides another look. */
export type KeyEffect = 'quit' | 'interrupt' | 'retry' | null

/** What the screen shows after a key; `rows` is how many hosts fit. */
export function pressKey(
  state: ViewState,
  key: string,
  hosts: readonly WatchedHost[],
  rows: number,
): { readonly state: ViewState; readonly effect: KeyEffect } {
  if (key === 'ctrl-c') return { state, effect: 'interrupt' }
  if (state.isTyping) return { state: typeFilter(state, key), effect: null }
  if (key === 'q') return { state, effect: 'quit' }
  if (key === 'r') return { state, effect: 'retry' }
  if (state.screen !== 'list') {
    const isBack = ['escape', 'enter', 'left', 'backspace', '?', 'h'].includes(key)
    if (isBack) return { state: { ...state, screen: 'list' }, effect: null }
    if (state.screen === 'help') return { state, effect: null }
  }
  return { state: move(state, key, shownHosts(hosts, state), rows), effect: null }
}

function typeFilter(state: ViewState, key: string): ViewState {
  if (key === 'enter') return { ...state, isTyping: false }
  if (key === 'escape') return { ...state, isTyping: false, filter: '' }
  if (key === 'backspace') return { ...state, filter: state.filter.slice(0, -1) }
  if (key === 'space') return { ...state, filter: `${state.filter} ` }
  return /^.$/u.test(key) ? { ...state, filter: `${state.filter}${key}`.slice(0, 60), top: 0 } : state
}

function move(state: ViewState, key: string, hosts: readonly WatchedHost[], rows: number): ViewState {
  // The first step only shows the cursor.
  const step = (by: number): ViewState =>
    select(state, hosts, state.selected === null ? 0 : indexOf(state, hosts) + by, rows)
  switch (key) {
    case 's':
    case 'S': {
      const next = sortings.indexOf(state.sorting) + (key === 's' ? 1 : -1) + sortings.length
      return { ...state, sorting: sortings[next % sortings.length] ?? 'used', top: 0, selected: null }
    }
    case 'o':
      return { ...state, isReversed: !state.isReversed, top: 0, selected: null }
    case '/':
      return { ...state, isTyping: true, screen: 'list' }
    case 'escape':
      return { ...state, filter: '', top: 0 }
    case '?':
    case 'h':
      return { ...state, screen: 'help' }
    case 'enter':
    case 'right':
      return hosts.length === 0
        ? state
        : { ...select(state, hosts, indexOf(state, hosts), rows), screen: 'detail' }
    case 'down':
    case 'j':
      return step(1)
    case 'up':
    case 'k':
      return step(-1)
    case 'pagedown':
    case 'space':
      return step(Math.max(1, rows - 1))
    case 'pageup':
      return step(-Math.max(1, rows - 1))
    case 'home':
    case 'g':
      return select(state, hosts, 0, rows)
    case 'end':
    case 'G':
      return select(state, hosts, hosts.length - 1, rows)
    default:
      return state
  }
}

function indexOf({ selected }: ViewState, hosts: readonly WatchedHost[]): number {
  return Math.max(
    0,
    hosts.findIndex(({ host }) => host === selected),
  )
}

/** Puts the cursor on a row, and the row on the screen. */
function select(state: ViewState, hosts: readonly WatchedHost[], to: number, rows: number): ViewState {
  const index = Math.max(0, Math.min(to, hosts.length - 1))
  const top = Math.max(index - rows + 1, Math.min(state.top, index))
  return { ...state, selected: hosts[index]?.host ?? null, top: Math.max(0, top) }
}
