import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { HostFacts } from '../../src/host/facts.ts'
import { parseFacts } from '../../src/host/parse-facts.ts'

/** Where the hosts lie. */
export const hostsFolder = new URL('hosts/', import.meta.url)

export const hostNames = readdirSync(hostsFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort()

/** What host.yml says of a host. */
interface AboutHost {
  readonly system: string
  /** `uname -r`. */
  readonly kernel: string
  /** `recorded`: probe.sh ran on a real one; `composed`: put together from what is known of its kind. */
  readonly source: 'recorded' | 'composed'
  /** How it was recorded, or what it was composed from. */
  readonly from: string
  /** What is special about it. */
  readonly shows: string
}

/** A host of test/cases/hosts: what is said of it, and what probe.sh printed there. */
export function readHostCase(name: string): { readonly about: AboutHost; readonly facts: HostFacts } {
  const read = (file: string): string => readFileSync(new URL(`${name}/${file}`, hostsFolder), 'utf8')
  return { about: parse(read('host.yml')), facts: parseFacts(read('answer.txt'), 'read') }
}
