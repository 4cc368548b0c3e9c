import { spawn } from 'node:child_process'
import type { RunResult } from '../report/host-result.ts'
import type { Transitions } from './transitions.ts'

/** Seconds for a program to take its notice. */
const commandSeconds = 30

/** What goes to a webhook or a program: `text` is what Slack and those who speak like it show. */
export function noticeOf(result: RunResult, transitions: Transitions, text: string): string {
  const { run, command, playbook, started, finished, totals } = result
  const names = (hosts: readonly { readonly host: string }[]): readonly string[] =>
    hosts.map(({ host }) => host)
  return JSON.stringify({
    text,
    version: 1,
    run,
    command,
    playbook,
    started,
    finished,
    totals,
    changed: names(transitions.changed),
    failed: transitions.failed.map(({ host, status, error }) => ({
      host,
      status,
      kind: error?.kind ?? null,
    })),
    recovered: names(transitions.recovered.map((recovered) => recovered.result)),
    still_failed: names(transitions.still),
  })
}

/** Posts a notice to a webhook. Never throws: gives what went wrong, or null. */
export async function notifyUrl(url: string, notice: string, fetcher: typeof fetch): Promise<string | null> {
  const place = URL.canParse(url) ? new URL(url).host : 'the given address'
  try {
    const response = await fetcher(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: notice,
      signal: AbortSignal.timeout(10_000),
    })
    await response.body?.cancel()
    return response.ok ? null : `the notice to ${place} was not taken: it answered ${response.status}`
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return `the notice to ${place} did not get through: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}

/** Runs a command of the shell with the notice on its standard input. Never throws: gives what went wrong, or null. */
export function notifyCommand(command: string, notice: string): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'ignore', 'pipe'], detached: true })
    let said = ''
    const timer = setTimeout(() => {
      // With its children: the shell may have started more.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, commandSeconds * 1000)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-500)
    })
    child.stdin.on('error', () => {})
    child.once('error', (error) => {
      clearTimeout(timer)
      resolve(`the notify command did not start: ${error.message}`)
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(null)
      else
        resolve(
          `the notify command ended with ${signal === null ? `status ${code}` : signal}${said === '' ? '' : `: ${said.trim()}`}`,
        )
    })
    child.stdin.end(`${notice}\n`)
  })
}
