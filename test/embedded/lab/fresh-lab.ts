import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Undertaking } from '../../../src/host/apply-changes.ts'
import type { Change } from '../../../src/plan/change.ts'
import { directTarget } from '../../../src/ssh/direct-target.ts'
import type { LabHost } from '../../../src/lab/lab-host.ts'
import { type Lab, type LabOptions, startLab } from '../../../src/lab/start-lab.ts'
import type { Target } from '../../../src/ssh/target.ts'

export const never = new AbortController().signal

/** A folder that the shells of a lab may enter; gone after the test. */
export function labFolder(): string {
  const folder = newFolder()
  // What a shell was doing on a host when it was ended may still come to its end.
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }))
  return folder
}

/**
 * In memory, where that takes programs: a lab is some thousand small files, and ext4 is slow to make
 * files where as many have just been deleted.
 */
export function newFolder(): string {
  for (const base of ['/dev/shm', tmpdir()].filter((path) => existsSync(path))) {
    const folder = mkdtempSync(join(base, 'conntrackctl-test-lab-'))
    chmodSync(folder, 0o711)
    const script = join(folder, 'try')
    writeFileSync(script, '#!/bin/sh\n', { mode: 0o755 })
    const { status } = spawnSync(script)
    rmSync(script)
    if (status === 0) return folder
    rmSync(folder, { recursive: true })
  }
  throw new Error('there is no folder for temporary programs')
}

/** A lab in a folder of its own that is stopped after the test. */
export async function freshLab(options: Omit<LabOptions, 'folder'> = {}): Promise<Lab> {
  const folder = labFolder()
  const lab = await startLab({ ...options, folder })
  onTestFinished(() => lab.stop())
  return lab
}

/** Changes that need no confirmation, as a test undertakes them. */
export function plainly(changes: readonly Change[]): Undertaking {
  return { changes, confirmSeconds: null, who: 'a test', bootId: '' }
}

export function hostNamed({ hosts }: Lab, name: string): LabHost {
  const host = hosts.find((candidate) => candidate.name === name)
  if (host === undefined) throw new Error(`the lab has no host ${name}`)
  return host
}

/** The way to a host as the lab's inventory tells it, with short limits. */
export function targetOf(lab: Lab, host: LabHost, limits: Partial<Target['limits']> = {}): Target {
  return {
    ...directTarget,
    name: host.name,
    address: host.address,
    port: host.port,
    user: 'root',
    identityFiles: [lab.identityFile],
    agentSocket: null,
    hostKeys: { checking: 'yes', knownHostsFiles: [lab.knownHostsFile] },
    become: null,
    limits: {
      connectSeconds: 20,
      loginSeconds: 20,
      commandSeconds: 20,
      keepaliveSeconds: 20,
      outputBytes: 1_000_000,
      ...limits,
    },
  }
}
