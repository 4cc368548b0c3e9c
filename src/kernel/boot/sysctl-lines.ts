import type { BootFile } from './boot-system.ts'
import { wrappedLines } from './wrapped-lines.ts'
import { placeOf, type Statement } from './statement.ts'
import { busyboxPath, simplePath, swappedPath } from './sysctl-path.ts'

/** What systemd-sysctl of some version understands; see systemd-version.ts. */
export interface SystemdSyntax {
  /** `-key`: errors are ignored; before, the dash is part of the name. */
  readonly dash: boolean
  /** Globs, `-key` without a value, paths tidied before they are compared. */
  readonly globs: boolean
}

/** LONG_LINE_MAX: at a longer line systemd gives up the file (fileio.h). */
const longestLine = 1_048_576

/**
 * The statements of a file as systemd-sysctl reads it (252 sysctl.c parse_file, fileio.c
 * read_line_full): CR and NUL end a line as LF does, blanks are cut off, `#` and `;` begin comments
 * only at the start; what stands behind the value is part of it.
 */
export function systemdStatements(file: BootFile, syntax: SystemdSyntax): readonly Statement[] {
  const tooLong = file.lines.findIndex(({ text }) => text.length >= longestLine)
  return file.lines.slice(0, tooLong === -1 ? undefined : tooLong).flatMap((line) =>
    line.text.split(/[\r\0]/).flatMap((piece) => {
      const text = strip(piece)
      if (text === '' || text.startsWith('#') || text.startsWith(';')) return []
      const dashed = syntax.dash && text.startsWith('-')
      const rest = dashed ? text.slice(1) : text
      const equals = rest.indexOf('=')
      if (equals === -1 && !(dashed && syntax.globs)) return []
      const spelled = strip(equals === -1 ? rest : rest.slice(0, equals))
      const path = swappedPath(spelled)
      return {
        path: syntax.globs ? simplePath(path) : path,
        value: equals === -1 ? null : strip(rest.slice(equals + 1)),
        spelled,
        place: placeOf(file, line),
      }
    }),
  )
}

/**
 * As procps 4 reads it (4.0.2 sysctl.c parse_setting_line): by lines and up to a NUL, blanks as
 * isspace(3) has them; a key after `-` keeps its blanks, and a second dash is cut off as well.
 * `pattern`: what `--pattern` lets through, of the whole line.
 */
export function procps4Statements(file: BootFile, pattern?: RegExp): readonly Statement[] {
  return file.lines.flatMap((line) => {
    const text = untilNul(line.text).replace(/^[ \t\n\v\f\r]+/, '')
    if (text.length < 2 || /^[#;]/.test(text)) return []
    if (pattern && !pattern.test(text)) return []
    const equals = text.indexOf('=')
    const dashed = text.startsWith('-')
    if (equals === -1 && !dashed) return []
    const key = text.slice(dashed ? 1 : 0, equals === -1 ? undefined : equals).replace(/[ \t\n\v\f\r]+$/, '')
    return {
      path: swappedPath(key.replace(/^-/, '')),
      value: equals === -1 ? null : text.slice(equals + 1).replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, ''),
      spelled: key,
      place: placeOf(file, line),
    }
  })
}

/**
 * As procps 3 reads it (3.3.17 sysctl.c Preload): strtok takes a line apart, so `=` at its start is
 * passed over and a line without a value says nothing. `pattern` looks at the key only.
 */
export function procps3Statements(file: BootFile, pattern?: RegExp): readonly Statement[] {
  return file.lines.flatMap((line) => {
    const text = untilNul(line.text)
      .replace(/[ \t\n\r]+$/, '')
      .replace(/^[ \t]+/, '')
    if (text.length < 2 || /^[#;]/.test(text)) return []
    const parts = /^=*([^=]+)=[\n\r]*([^\n\r]+)/s.exec(text)
    if (!parts) return []
    const name = (parts[1] ?? '').replace(/[ \t\n\r]+$/, '')
    if (pattern && !pattern.test(name)) return []
    const spelled = name.replace(/^-/, '')
    return {
      path: swappedPath(spelled),
      value: (parts[2] ?? '').replace(/^[ \t]+/, ''),
      spelled,
      place: placeOf(file, line),
    }
  })
}

/**
 * As busybox reads it (1.35 procps/sysctl.c sysctl_handle_preload_file, libbb/parse_config.c): no dash,
 * no globs; a backslash at the end joins two lines.
 */
export function busyboxStatements(file: BootFile, exists: ReadonlySet<string>): readonly Statement[] {
  const joined = wrappedLines({
    ...file,
    lines: file.lines.map((line) => ({ ...line, text: untilNul(line.text) })),
  })
  return joined.flatMap((line) => {
    if (/^[ \t\n\v\f\r]*([#;]|$)/.test(line.text)) return []
    // The value may not begin with the comment sign, or the parser sees one word only.
    const parts = /^([^=]*)=(?![#])(.+)$/s.exec(line.text)
    if (!parts) return []
    const spelled = stripSpace(parts[1] ?? '')
    const value = stripSpace(parts[2] ?? '')
    // It writes no bytes then, which changes nothing and is no error.
    if (value === '') return []
    return {
      path: busyboxPath(spelled, exists),
      value,
      spelled,
      place: placeOf(file, line),
    }
  })
}

/**
 * As OpenRC's own loop for hosts without procps reads it (init.d/sysctl.in BSD_sysctl): the first ` = `
 * loses its blanks, and of the line the first word counts.
 */
export function openrcLoopStatements(file: BootFile, exists: ReadonlySet<string>): readonly Statement[] {
  return file.lines.flatMap((line) => {
    const word =
      untilNul(line.text)
        .replace(' = ', '=')
        .trim()
        .split(/[ \t]+/)[0] ?? ''
    const equals = word.indexOf('=')
    if (word.startsWith('#') || equals <= 0) return []
    const spelled = word.slice(0, equals)
    return {
      path: busyboxPath(spelled, exists),
      value: word.slice(equals + 1),
      spelled,
      place: placeOf(file, line),
    }
  })
}

/** systemd's strstrip: WHITESPACE is blank, tab, LF and CR. */
function strip(text: string): string {
  return text.replace(/^[ \t\n\r]+|[ \t\n\r]+$/g, '')
}

/** What isspace(3) takes for blanks; String.trim takes more. */
function stripSpace(text: string): string {
  return text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '')
}

function untilNul(text: string): string {
  const end = text.indexOf('\0')
  return end === -1 ? text : text.slice(0, end)
}
