import type { Condition } from './condition.ts'

/** One embedded host. */
export interface LabHost {
  readonly name: string
  /** In 127.0.0.0/8. */
  readonly address: string
  readonly port: number
  /** The folder that is its root, absolute. */
  readonly root: string
  readonly condition: Condition
  /** The condition in a few words. */
  readonly summary: string
}
