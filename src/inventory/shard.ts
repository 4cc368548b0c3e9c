import { createHash } from 'node:crypto'
import type { Host } from './inventory.ts'

/** One of `of` parts of an inventory, counted from 1. */
export interface Shard {
  readonly number: number
  readonly of: number
}

/** `3/8`, or null where that is no part of a whole. */
export function readShard(written: string): Shard | null {
  const [, number = '', of = ''] = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(written) ?? []
  return number === '' || Number(number) > Number(of) ? null : { number: Number(number), of: Number(of) }
}

/**
 * The hosts of one part, in their order. Which part a host is in follows from its name alone (SHA-256), so that
 * runs on different machines, with inventories that differ in other hosts, agree on it.
 */
export function hostsInShard(hosts: readonly Host[], shard: Shard): readonly Host[] {
  return hosts.filter(({ name }) => partOf(name, shard.of) === shard.number)
}

function partOf(name: string, parts: number): number {
  return (createHash('sha256').update(name).digest().readUInt32BE(0) % parts) + 1
}
