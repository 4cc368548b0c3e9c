import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import type { HostResult, RunResult } from '../../src/report/host-result.ts'
import { type Fleet, startFleet } from '../bench/one-sshd-fleet.mjs'
import { isFullTrial } from '../full-trials.ts'

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** A program that runs, and what it has said. */
export interface Running {
  readonly child: ChildProcess
  readonly said: { stdout: string; stderr: string }
  /** Resolves with the exit status once it has ended. */
  readonly ended: Promise<number | null>
}

/** Redis of Debian, on a socket and a port of its own. */
export interface OwnRedis {
  readonly socket: string
  /** `unix:…` */
  readonly address: string
  readonly folder: string
  readonly start: (words?: readonly string[]) => Promise<void>
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>
  /** Ends it at once and removes what it kept. */
  readonly remove: () => Promise<void>
  /** For looking into it. */
  readonly client: () => Redis
}

export async function ownRedis(words: readonly string[] = []): Promise<OwnRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-redis-'))
  const socket = join(folder, 'redis.sock')
  let server: ChildProcess | null = null
  const redis: OwnRedis = {
    socket,
    address: `unix:${socket}`,
    folder,
    start: async (more = []) => {
      const base = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder, '--daemonize', 'no']
      server = spawn('redis-server', [...base, ...words, ...more], { stdio: ['ignore', 'pipe', 'pipe'] })
      let log = ''
      server.stdout?.on('data', (text: Buffer) => (log += text.toString()))
      await until(() => /ready to accept/i.test(log), `redis-server is there: ${log}`)
    },
    stop: async (signal = 'SIGTERM') => {
      if (server === null || server.exitCode !== null) return
      const gone = once(server, 'exit')
      server.kill(signal)
      await gone
      server = null
    },
    remove: async () => {
      await redis.stop('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
    client: () => new Redis({ path: socket, maxRetriesPerRequest: null }),
  }
  await redis.start()
  return redis
}

/** All that goes through a Redis, as `redis-cli MONITOR` prints it, from before this returns until `stop` is called. */
export async function monitorOf(redis: OwnRedis): Promise<{ stop: () => Promise<string> }> {
  const monitor = spawn('redis-cli', ['-s', redis.socket, 'MONITOR'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let seen = ''
  monitor.stdout.on('data', (text: Buffer) => (seen += text.toString()))
  await until(() => seen.startsWith('OK'), 'the monitor is there')
  return {
    stop: async () => {
      const client = redis.client()
      // It has told all that was before once it has told this.
      await client.echo('the monitor may stop')
      client.disconnect()
      await until(() => seen.includes('the monitor may stop'), 'the monitor has told all')
      monitor.kill()
      return seen
    },
  }
}

/** A key pair by ssh-keygen itself. Gives the path of the private one. */
export function newKey(folder: string, name: string): string {
  const path = join(folder, name)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path])
  return path
}

function run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const [command = '', ...rest] = words
  const child = spawn(command, rest, {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => resolve(code))
  })
  return { child, said, ended }
}

export function runProgram(words: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  return run([process.execPath, program, ...words], env)
}

/** Waits until something holds; it is looked at 20 times a second. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  seconds = 30,
): Promise<void> {
  const beganAt = performance.now()
  while (!(await holds())) {
    if (performance.now() - beganAt > seconds * 1000) throw new Error(`not within ${seconds} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Hosts, keys and files of one trial after the other. */
export class QueueRig {
  readonly fleet: Fleet
  readonly folder: string
  readonly playbook: string
  readonly inventory: string
  readonly keys: { readonly coordinator: string; readonly runner: string; readonly stranger: string }
  readonly #running: Running[] = []
  #trial = 0

  private constructor(fleet: Fleet) {
    this.fleet = fleet
    this.folder = mkdtempSync(join(tmpdir(), 'conntrackctl-queue-'))
    this.playbook = join(this.folder, 'play.yml')
    this.inventory = join(this.folder, 'hosts.yml')
    this.keys = {
      coordinator: newKey(this.folder, 'coordinator'),
      runner: newKey(this.folder, 'runner'),
      stranger: newKey(this.folder, 'stranger'),
    }
    mkdirSync(join(fleet.folder, 'sent'))
    writeFileSync(join(fleet.folder, 'enter'), enterText(fleet.folder))
    const hosts = fleet.addresses.map((address, index) => `    h${index + 1}: {ansible_host: ${address}}`)
    writeFileSync(this.inventory, `all:\n  vars: {zone: lab}\n  hosts:\n${hosts.join('\n')}\n`)
    this.wish(200_000)
  }

  get #log(): string {
    return join(this.folder, `run-${this.#trial}.log`)
  }

  static async start(hosts: number): Promise<QueueRig> {
    return new QueueRig(await startFleet(hosts))
  }

  /** What the playbook asks for from now on. */
  wish(max: number): void {
    writeFileSync(this.playbook, `- name: Raise\n  hosts: all\n  conntrack: {max: ${max}}\n`)
    for (const file of readdirSync(join(this.fleet.folder, 'sent')))
      rmSync(join(this.fleet.folder, 'sent', file))
  }

  /** Each answer of a host takes so many seconds more; 0: none. */
  slow(seconds: number): void {
    const path = join(this.fleet.folder, 'slow')
    if (seconds === 0) rmSync(path, { force: true })
    else writeFileSync(path, String(seconds))
  }

  /** Hosts that were sent a change do not answer to it until they may. */
  hold(isHeld: boolean): void {
    const path = join(this.fleet.folder, 'hold')
    if (isHeld) writeFileSync(path, '')
    else rmSync(path, { force: true })
  }

  /** What became of the hosts since the wish was set, by name. */
  hosts(): ReadonlyMap<string, { readonly max: number; readonly sent: number }> {
    return new Map(
      this.fleet.addresses.map((address, index) => {
        const sent = join(this.fleet.folder, 'sent', address)
        const max = join(this.fleet.folder, 'hosts', address, 'proc/sys/net/netfilter/nf_conntrack_max')
        return [
          `h${index + 1}`,
          {
            max: Number(readFileSync(max, 'utf8')),
            // Each script that changes a host begins its work so.
            sent: existsSync(sent) ? readFileSync(sent, 'utf8').split('{ {\ntake_lock\n').length - 1 : 0,
          },
        ]
      }),
    )
  }

  /** On how many hosts somebody logged in since then. */
  logins(): number {
    return readdirSync(join(this.fleet.folder, 'sent')).length
  }

  /** Starts a runner among the hosts and waits until it serves. */
  async runner(address: string, options: RunnerStart = {}): Promise<Running> {
    const { words = [], within = true, before = [], env = {} } = options
    const login = ['-u', 'root', '--private-key', this.fleet.identityFile, '--ssh-common-args']
    const args = `-o UserKnownHostsFile=${this.fleet.knownHosts} -o IdentitiesOnly=yes`
    const command = [
      ...before,
      ...[process.execPath, options.program ?? program, 'worker', '--queue', address, '--zone', 'lab'],
      ...['--signing-key', this.keys.runner, '--trust', `${this.keys.coordinator}.pub`],
      ...[...login, args, '-T', '60', '--login-timeout', '60', ...words],
    ]
    const running = run(within ? this.fleet.within(command) : command, env)
    this.#running.push(running)
    await until(
      () => running.said.stderr.includes('serves the zone') || running.child.exitCode !== null,
      `a runner serves: ${running.said.stderr}`,
      60,
    )
    return running
  }

  /** Starts a run that runners do. */
  coordinate(command: string, address: string, words: readonly string[] = []): Running {
    this.#trial += 1
    const running = runProgram([
      ...[command, ...(command === 'rollback' ? ['last'] : command === 'check' ? [] : [this.playbook])],
      ...['-i', this.inventory, '--queue', address, '--signing-key', this.keys.coordinator],
      ...[
        '--trust',
        `${this.keys.runner}.pub`,
        '--runner-timeout',
        isFullTrial ? '10s' : '6s',
        '--state-dir',
        join(this.folder, 'state'),
      ],
      ...['--output', 'json', '--quiet', '--log-file', this.#log, ...words],
    ])
    this.#running.push(running)
    return running
  }

  /** Waits until so many hosts may be changed, as the log of the run tells. */
  async planned(hosts: number): Promise<void> {
    const count = (): number =>
      existsSync(this.#log) ? readFileSync(this.#log, 'utf8').split('"host_planned"').length - 1 : 0
    await until(() => count() >= hosts, `${hosts} hosts are planned`, 120)
  }

  /** Ends what runs and is left. */
  async endAll(): Promise<void> {
    for (const { child } of this.#running) {
      child.kill('SIGCONT')
      child.kill('SIGKILL')
    }
    await Promise.all(this.#running.map(({ ended }) => ended))
    this.#running.length = 0
  }

  async stop(): Promise<void> {
    await this.endAll()
    await this.fleet.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export interface RunnerStart {
  readonly words?: readonly string[]
  /** Among the hosts, or where none of them can be reached. */
  readonly within?: boolean
  /** What starts it, before Node.js. */
  readonly before?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly program?: string
}

export function resultOf({ said }: Running): RunResult {
  try {
    return JSON.parse(said.stdout) as RunResult
  } catch {
    throw new Error(`no report: ${said.stdout.slice(0, 200)} ${said.stderr}`)
  }
}

/** How many hosts ended how; what went wrong goes by its kind as well. */
export function tally(hosts: readonly HostResult[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { status, error } of hosts) {
    const word = error === null ? status : `${status} ${error.kind}`
    counts[word] = (counts[word] ?? 0) + 1
  }
  return counts
}

/** Each host's files are chosen by the address that was called; what is sent to it is kept. */
function enterText(folder: string): string {
  const delay = `perl -e '
    ($slow, $hold, $sent) = @ARGV;
    while (sysread(STDIN, $answer, 65536)) {
      if (-e $slow && open(F, $slow)) { select(undef, undef, undef, <F>); close F }
      if (-e $hold && open(F, $sent)) {
        if (grep { /take_lock/ } <F>) { select(undef, undef, undef, 0.05) while -e $hold }
        close F
      }
      syswrite(STDOUT, $answer);
    }'`
  return `#!/bin/sh
set -- $SSH_CONNECTION
export CONNTRACKCTL_ROOT=${folder}/hosts/$3
if [ -e ${folder}/slow ] || [ -e ${folder}/hold ]; then
  tee -a ${folder}/sent/$3 | eval "$SSH_ORIGINAL_COMMAND" | ${delay} ${folder}/slow ${folder}/hold ${folder}/sent/$3
else
  tee -a ${folder}/sent/$3 | eval "$SSH_ORIGINAL_COMMAND"
fi
`
}
