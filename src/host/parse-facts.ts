import { squeeze } from '../kernel/sysctl-conf.ts'
import { HostFailure, type Stage } from '../ssh/failure.ts'
import type { FileState, HostFacts, Place } from './facts.ts'
import { type FileLine, parseBoot, parseWriters } from './parse-boot.ts'
import { parseFirewall } from './parse-firewall.ts'
import { parsePicture } from './parse-picture.ts'
import { parseDrain } from './parse-drain.ts'
import { parseStatistics } from './parse-statistics.ts'
import { parseUsage } from './parse-usage.ts'
import { tableKeys } from '../kernel/table-keys.ts'

/** Longer values than this belong to no key that we manage. */
const longestValue = 4096

/** Characters of a file that we write: some hundred settings. */
const longestFile = 65_536

/** The lines of an answer by their first word; what belongs to no word is left out. */
interface Answer {
  readonly words: ReadonlyMap<string, readonly string[]>
  readonly values: ReadonlyMap<string, string>
  readonly files: ReadonlyMap<string, FileState>
  /** Lines of /proc/net/stat/nf_conntrack. */
  readonly statistics: readonly string[]
  /** Lines of /proc/self/mounts for / and /etc. */
  readonly mounts: readonly string[]
  readonly bootLines: readonly FileLine[]
  readonly writerLines: readonly FileLine[]
  /** What the tools of a packet filter listed, by what firewall.sh calls it. */
  readonly rulesets: ReadonlyMap<string, string>
}

/**
 * Makes facts of what probe.sh printed. Everything in it was said by the host: it is taken by shape,
 * and what has no shape we know is not believed.
 *
 * Throws HostFailure (`command`) when the least that every Linux tells is missing.
 */
export function parseFacts(text: string, stage: Stage): HostFacts {
  const answer = parseAnswer(text)
  const one = (word: string): string => answer.words.get(word)?.[0] ?? ''
  const kernel = one('kernel')
  if (kernel === '')
    throw new HostFailure(
      'command',
      stage,
      'the host did not say which kernel it runs',
      'Is /proc mounted there? conntrackctl needs Linux and a POSIX sh.',
    )
  const places = parsePlaces(answer)
  const os = parseOs(answer.words.get('os') ?? [])
  const number = (key: string): number | null => {
    const found = places.get(key)
    return found?.state === 'present' && /^\d{1,10}$/.test(found.value) ? Number(found.value) : null
  }
  const maxPlace = places.get(tableKeys.max)
  const modules = new Map((answer.words.get('module') ?? []).map((line) => splitOnce(line)))
  const module = modules.get('nf_conntrack') ?? modules.get('ip_conntrack')
  const memoryKib = /^MemTotal:\s+(\d{1,15}) kB$/.exec(one('memory'))?.[1]
  const pageKib = Number(/^(\d{1,4})$/.exec(one('page'))?.[1] ?? 4)
  return {
    kernel: kernel.slice(0, 100),
    os,
    uid: Number(/^\d{1,10}$/.exec(one('uid'))?.[0] ?? -1),
    bootId: one('boot').slice(0, 64),
    memoryTotalBytes: memoryKib === undefined ? null : Number(memoryKib) * 1024,
    cores: countCores(one('cpus')),
    entryBytes: /^[1-9]\d{1,5}$/.test(one('slab')) ? Number(one('slab')) : null,
    family:
      maxPlace === undefined || maxPlace.state === 'missing'
        ? 'none'
        : maxPlace.path.includes('/nf_conntrack')
          ? 'nf'
          : 'ip',
    conntrackModules: [...modules.keys()].slice(0, 8),
    module: module === 'loaded' || module === 'builtin' ? module : 'absent',
    lacksModule: answer.words.has('lacks'),
    hasAlias: answer.words.has('alias'),
    count: number(tableKeys.count),
    max: number(tableKeys.max),
    hashsize: number(tableKeys.hashsize) ?? number(tableKeys.buckets),
    pageBytes: pageKib * 1024,
    statistics: parseStatistics(answer.statistics),
    places,
    files: answer.files,
    boot: {
      ...parseBoot(answer.words, answer.bootLines, commandLine(answer), os.id),
      etcFileSystem: etcFileSystem(answer.mounts),
    },
    atWork: {
      holder: answer.words.get('holder')?.[0]?.slice(0, 200) ?? null,
      hasJournal: answer.words.has('journal'),
    },
    writers: parseWriters(answer.words, answer.writerLines),
    ...(answer.words.has('table') ? pictureOf(answer.words) : {}),
    ...(answer.words.has('drain') ? { drain: parseDrain(answer.words, number(tableKeys.count)) } : {}),
    ...(answer.words.has('clock') ? { usage: parseUsage(answer.words) } : {}),
    firewall: parseFirewall(answer.words, answer.rulesets),
  }
}

function pictureOf(words: Answer['words']): Pick<HostFacts, 'picture'> {
  const picture = parsePicture(words)
  return picture === null ? {} : { picture }
}

function parseAnswer(answer: string): Answer {
  const words = new Map<string, string[]>()
  const values = new Map<string, string>()
  const files = new Map<string, FileState>()
  const statistics: string[] = []
  const mounts: string[] = []
  const bootLines: FileLine[] = []
  const writerLines: FileLine[] = []
  // `survey` says its lines first; those behind the word `writers` belong to that.
  let fileLines = bootLines
  let file: string | null = null
  const rulesets = new Map<string, string>()
  let ruleset: string | null = null
  for (const line of answer.split('\n')) {
    if (ruleset !== null && line.startsWith('|')) {
      rulesets.set(ruleset, `${rulesets.get(ruleset) ?? ''}${line.slice(1)}\n`)
    } else if (line.startsWith('|') || line.startsWith('\\')) {
      const state = file === null ? undefined : files.get(file)
      if (file !== null && state?.state === 'present') files.set(file, withLine(state, line))
    } else if (line.startsWith('./')) {
      // A CR is no end of a line here: files have them.
      const [, path, number, text = ''] = /^\.([^:]+):(\d{1,9}):(.*)$/s.exec(line) ?? []
      if (path === undefined) continue
      if (path.startsWith('/proc/net/stat/')) statistics.push(text)
      else if (path === '/proc/self/mounts') mounts.push(text)
      // Files below /proc and /sys are places, of one line each; the others set things at boot.
      else if (!/^\/(proc|sys)\//.test(path)) fileLines.push({ file: path, line: Number(number), text })
      else if (number === '1') values.set(path, squeeze(text).slice(0, longestValue))
    } else {
      const [word, rest] = splitOnce(line)
      const same = words.get(word)
      if (same === undefined) words.set(word, [rest])
      else same.push(rest)
      if (word === 'file') file = parseFile(rest, files)
      if (word === 'writers') fileLines = writerLines
      ruleset = word === 'ruleset' ? rest.replace(/ \w+$/, '') : null
    }
  }
  return { words, values, files, statistics, mounts, bootLines, writerLines, rulesets }
}

/** A file of ours with one more line; one that has grown past all that we write is no longer ours. */
function withLine(state: Extract<FileState, { state: 'present' }>, line: string): FileState {
  const text = `${state.text}${line.slice(1)}${line.startsWith('|') ? '\n' : ''}`
  return text.length > longestFile ? { state: 'strange', why: 'too_long' } : { ...state, text }
}

/** Notes a file's state and gives its path. */
function parseFile(rest: string, files: Map<string, FileState>): string | null {
  const [path = '', state, detail] = rest.split(' ')
  if (state === 'strange')
    files.set(path, {
      state,
      why:
        detail === 'link' || detail === 'not_a_file' || detail === 'too_long' || detail === 'not_text'
          ? detail
          : 'unreadable',
    })
  const folder = detail === 'writable' || detail === 'read_only' ? detail : 'missing'
  if (state === 'missing') files.set(path, { state, folder })
  if (state === 'present') files.set(path, { state, folder, text: '' })
  return path
}

function parsePlaces({ words, values }: Answer): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>()
  for (const line of words.get('place') ?? []) {
    const [key = '', path = '', state] = line.split(' ')
    const value = values.get(path)
    if (state === 'missing') places.set(key, { state })
    else if (value === undefined) places.set(key, { state: 'unreadable', path })
    else places.set(key, { state: 'present', path, value, writable: state === 'writable' })
  }
  return places
}

/** Of the last mount over /etc, else over /; `overlayroot` names its mount so and has a plain type. */
function etcFileSystem(mounts: readonly string[]): string | null {
  const fields = mounts.map((line) => line.split(' '))
  const over = (place: string): readonly string[] | undefined =>
    fields.findLast(([, point]) => point === place)
  const [device = '', , type = ''] = over('/etc') ?? over('/') ?? []
  if (device === 'overlayroot') return device
  return /^[a-z0-9._-]{1,20}$/.test(type) ? type : null
}

/** Only a line that names conntrack is read; where it can be read and does not, it says nothing of it. */
function commandLine({ words, values }: Answer): string | null {
  return words.has('cmdline') ? (values.get('/proc/cmdline') ?? '') : null
}

/** `0-3,6` is five of them. */
function countCores(list: string): number | null {
  if (!/^\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*$/.test(list)) return null
  return list.split(',').reduce((sum, range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return sum + Math.max(0, last - first) + 1
  }, 0)
}

function parseOs(lines: readonly string[]): HostFacts['os'] {
  const values = new Map(
    lines.map((line) => {
      const [name = '', value = ''] = line.split('=')
      return [name, value.replaceAll(/["']/g, '').slice(0, 40)] as const
    }),
  )
  return { id: values.get('ID') ?? '', version: values.get('VERSION_ID') ?? '' }
}

function splitOnce(line: string): readonly [string, string] {
  const blank = line.indexOf(' ')
  return blank === -1 ? [line, ''] : [line.slice(0, blank), line.slice(blank + 1)]
}
