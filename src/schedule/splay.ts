import { createHash } from 'node:crypto'

/**
 * How long a scheduled run waits before it begins: the same for a playbook on a machine each time, so that
 * its runs stay evenly apart, and spread over [0, most) seconds for many.
 */
export function splaySeconds(mostSeconds: number, machine: string, playbook: string): number {
  if (mostSeconds <= 0) return 0
  const digest = createHash('sha256').update(`${machine}\0${playbook}`).digest()
  return digest.readUInt32BE(0) % mostSeconds
}
