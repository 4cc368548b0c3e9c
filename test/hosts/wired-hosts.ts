import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { RunResult } from '../../src/report/host-result.ts'
import { type Rig, type RigHost, startHosts } from './rig/rig.mjs'
import type { HostSpec } from './rig/host-spec.mjs'

const run = promisify(execFile)

/**
 * Hosts of the rig with a cable each: what comes to their sshd passes their own packet filter, which the rig's usual
 * way in does not. The other ends are in a network of the test's own, from which nothing leads anywhere else.
 */
export interface WiredHosts extends AsyncDisposable {
  readonly rig: Rig
  /** Runs a program in the network in which the cables end. */
  spawn(command: string, words: readonly string[]): ChildProcess
  /** Runs ours there, on all hosts. */
  run(words: readonly string[]): Promise<{ exitCode: number; result: RunResult; stderr: string }>
  /** Of a host, at its end of the cable. */
  address(host: RigHost): string
  /** Words for `ssh` to get in. */
  ssh(host: RigHost, command: string): readonly string[]
}

/** Needs root. However the test ends, the networks go with their processes. */
export async function startWiredHosts(specs: readonly HostSpec[]): Promise<WiredHosts> {
  const rig = await startHosts(specs)
  const client = spawn('unshare', ['--net', '--kill-child', '--fork', 'sleep', 'infinity'], {
    stdio: 'ignore',
  })
  const stop = async (): Promise<void> => {
    client.kill('SIGKILL')
    await rig.stop()
  }
  try {
    const network = await childOf(client)
    const inside = (words: readonly string[]): readonly string[] => ['-t', network, '--net', ...words]
    await run('nsenter', [...inside(['ip', 'link', 'set', 'lo', 'up'])])
    for (const [index, host] of rig.hosts.entries()) await wire(host, index, network)
    const address = (host: RigHost): string => `10.99.${rig.hosts.indexOf(host)}.2`
    const knownHosts = `${rig.folder}/wired_known_hosts`
    writeFileSync(knownHosts, rig.hosts.map((host) => `${address(host)} ${host.hostKey}\n`).join(''))
    const inventory = `${rig.folder}/wired.ini`
    const lines = rig.hosts.map((host) => `${host.name} ansible_host=${address(host)}\n`)
    writeFileSync(inventory, `[all]\n${lines.join('')}`)
    const login = ['-o', `UserKnownHostsFile=${knownHosts}`]
    return {
      rig,
      address,
      spawn: (command, words) => spawn('nsenter', [...inside([command, ...words])]),
      ssh: (host, command) => [
        ...['-F', 'none', '-i', rig.identityFile, ...login, '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=20'],
        ...[`root@${address(host)}`, command],
      ],
      run: async (words) => {
        const program = spawn('nsenter', [
          ...inside([process.execPath, 'dist/cli.js', ...words]),
          ...['-i', inventory, '-u', 'root', '--private-key', rig.identityFile],
          ...[
            '--ssh-common-args',
            login.join(' '),
            '--state-dir',
            `${rig.folder}/wired-state`,
            '--output',
            'json',
          ],
        ])
        const texts = { stdout: '', stderr: '' }
        program.stdout.on('data', (data) => (texts.stdout += String(data)))
        program.stderr.on('data', (data) => (texts.stderr += String(data)))
        const [exitCode] = (await once(program, 'close')) as [number]
        if (texts.stdout === '') throw new Error(texts.stderr)
        return { exitCode, result: JSON.parse(texts.stdout) as RunResult, stderr: texts.stderr }
      },
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The process of a namespace that `unshare --fork` has started. */
async function childOf({ pid }: ChildProcess): Promise<string> {
  for (;;) {
    const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]).catch(() => ({ stdout: '' }))
    const child = stdout.trim()
    if (child !== '') return child
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A cable from the client's network to the host, addresses of both families at both ends, and sshd at the host's. */
async function wire(host: RigHost, index: number, network: string): Promise<void> {
  await succeed(host, '/usr/sbin/sshd -p 22')
  const [server] = await host.processes()
  await run('nsenter', [
    ...['-t', network, '--net', 'ip', 'link', 'add', `cable${index}`],
    ...['type', 'veth', 'peer', 'name', 'wire0', 'netns', String(server?.pid)],
  ])
  const end = (number: number, link: string): string =>
    `ip addr add 10.99.${index}.${number}/24 dev ${link} && ip -6 addr add fd99:${index}::${number}/64 dev ${link} nodad && ip link set ${link} up`
  await run('nsenter', ['-t', network, '--net', 'sh', '-c', end(1, `cable${index}`)])
  await succeed(host, end(2, 'wire0'))
}

async function succeed(host: RigHost, script: string): Promise<void> {
  const { code, stderr } = await host.exec(script)
  if (code !== 0) throw new Error(`${host.name}: ${stderr}`)
}
