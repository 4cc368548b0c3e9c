import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface Sshd {
  readonly port: number
  readonly stop: () => void
  /** What it has logged so far. */
  readonly log: () => string
}

/**
 * A real sshd on loopback, with the host keys and `authorized_keys` that stand in `folder`. `options` go first, and
 * with sshd the first one counts.
 */
export async function startSshd(
  folder: string,
  hostKeys: readonly string[],
  options: readonly string[] = [],
): Promise<Sshd> {
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
  const port = await freePort()
  const words = [
    ...options,
    `ListenAddress=127.0.0.1:${port}`,
    ...hostKeys.map((name) => `HostKey=${join(folder, name)}`),
    `AuthorizedKeysFile=${join(folder, 'authorized_keys')}`,
    'StrictModes=no',
    // The start-up files of whoever runs this are none of our business.
    `SetEnv=HOME=${folder}`,
    'UsePAM=no',
    'PidFile=none',
  ].flatMap((option) => ['-o', option])
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', '/dev/null', ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('Server listening')) resolve()
    })
    child.on('exit', () => reject(new Error(`sshd did not start: ${said}`)))
  })
  return { port, stop: () => void child.kill(), log: () => said }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
