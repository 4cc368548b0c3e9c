import { afterAll, beforeAll } from 'vitest'
import { sessionContract } from '../embedded/ssh/session-contract.ts'
import { loginFolder, loginTarget, startLoginHost } from './login-sshd.ts'

/** What holds of every session, at a real sshd: over ssh2, over the system's ssh, and on a terminal of either. */

let folder: string
let remove: () => void
beforeAll(() => ({ folder, remove } = loginFolder()))
afterAll(() => remove())

for (const transport of ['ssh2', 'openssh'] as const)
  sessionContract(`${transport} to sshd`, async () => {
    const { port } = await startLoginHost(folder)
    return loginTarget(folder, port, { transport })
  })
