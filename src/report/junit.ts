import type { Finding } from '../plan/change.ts'
import type { HostResult, ResultChange, RunResult } from './host-result.ts'
import { xmlText } from './xml-text.ts'

/**
 * A result as JUnit XML, a piece at a time: a test suite for each play and a test case for each host. A host that is
 * not as wished is a `failure`, one of which nobody can tell an `error`, one whose turn never came `skipped`; so a
 * build fails where the run's exit status is not 0.
 */
export function* junitPieces(result: RunResult): Generator<string> {
  const { run, command, started, finished, hosts } = result
  const seconds = ((Date.parse(finished) - Date.parse(started)) / 1000).toFixed(3)
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="conntrackctl ${command}" ${counts(hosts)} time="${seconds}">\n`
  const timestamp = new Date(started).toISOString().slice(0, 19)
  for (const play of new Set(hosts.map((host) => host.play))) {
    const ofPlay = hosts.filter((host) => host.play === play)
    yield `  <testsuite name="${xmlText(play)}" ${counts(ofPlay)} skipped="${count(ofPlay, 'skipped')}" time="${seconds}" timestamp="${timestamp}">\n`
    yield `    <properties>\n      <property name="run" value="${run}"/>\n      <property name="playbook" value="${xmlText(result.playbook)}"/>\n    </properties>\n`
    for (const host of ofPlay) yield testCase(host, xmlText(`${command}.${play}`))
    yield '  </testsuite>\n'
  }
  yield '</testsuites>\n'
}

/** What a host's status is to JUnit. */
function verdictOf({ status }: HostResult): 'passed' | 'failure' | 'error' | 'skipped' {
  switch (status) {
    case 'ok':
    case 'changed':
      return 'passed'
    case 'pending':
    case 'failed':
    case 'unsupported':
      return 'failure'
    case 'unreachable':
    case 'unknown':
      return 'error'
    case 'skipped':
      return 'skipped'
  }
}

function count(hosts: readonly HostResult[], verdict: ReturnType<typeof verdictOf>): number {
  return hosts.filter((host) => verdictOf(host) === verdict).length
}

function counts(hosts: readonly HostResult[]): string {
  return `tests="${hosts.length}" failures="${count(hosts, 'failure')}" errors="${count(hosts, 'error')}"`
}

function testCase(host: HostResult, className: string): string {
  const verdict = verdictOf(host)
  const message = xmlText(reasonOf(host))
  const detail = detailLines(host)
    .map((line) => `${xmlText(line)}\n`)
    .join('')
  const head = `    <testcase name="${xmlText(host.host)}" classname="${className}">`
  switch (verdict) {
    case 'skipped':
      return `${head}\n      <skipped message="${message}"/>\n    </testcase>\n`
    case 'failure':
    case 'error':
      return `${head}\n      <${verdict} message="${message}" type="${host.error?.kind ?? host.status}">${detail}</${verdict}>\n    </testcase>\n`
    case 'passed':
      return detail === ''
        ? `${head.slice(0, -1)}/>\n`
        : `${head}\n      <system-out>${detail}</system-out>\n    </testcase>\n`
  }
}

function reasonOf({ status, error, changes, findings }: HostResult): string {
  if (error !== null) return error.message
  if (status === 'pending') return `${changes.length} ${changes.length === 1 ? 'change' : 'changes'} pending`
  return findings[0]?.message ?? status
}

function detailLines({ error, changes, findings }: HostResult): string[] {
  return [
    ...(error === null ? [] : [error.hint]),
    ...changes.map(changeLine),
    ...findings.map(({ severity, code, message }: Finding) => `${severity} ${code}: ${message}`),
  ]
}

function changeLine({ kind, key, before, after, state, reason }: ResultChange): string {
  const how =
    kind === 'file'
      ? before === null
        ? 'new'
        : after === null
          ? 'removed'
          : 'rewritten'
      : `${before ?? '(none)'} -> ${after ?? '(none)'}`
  return `${state} ${key}: ${how} (${reason})`
}
