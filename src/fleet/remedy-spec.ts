import type { Change } from '../plan/change.ts'
import type { Moved } from '../plan/recorded-changes.ts'
import type { Wish } from '../playbook/wish.ts'
import type { Thresholds } from '../usage/usage.ts'
import type { SavedHost } from './saved-remedy.ts'

/** What a remedy is made of: plain data, so that it can be made again by whoever does the work. */
export type RemedySpec =
  | { readonly kind: 'wish'; readonly wish: Wish }
  | { readonly kind: 'saved'; readonly saved: SavedHost }
  | { readonly kind: 'diagnose' }
  | { readonly kind: 'check'; readonly thresholds: Thresholds }
  | {
      readonly kind: 'recorded'
      readonly changes: readonly Change[]
      readonly moved: Moved
      readonly hint: string
      readonly dangers: readonly string[]
    }
