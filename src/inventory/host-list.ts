import type { Problem } from '../problem.ts'
import { expandHosts } from './ranges.ts'
import type { ParsedSource, Statement } from './statement.ts'

/** How a problem names a host list, which stands in no file. */
const file = '--inventory'

const bracketed = /^\[[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*(?:%[\w.-]+)?\]$/i

/**
 * Reads a list as given on the command line: `web01,web02:2222,db[1:3],`. Its hosts are ungrouped.
 * Ranges are expanded, which Ansible does only where its `advanced_host_list` is switched on.
 */
export function parseHostList(list: string): ParsedSource {
  const statements: Statement[] = []
  const problems: Problem[] = []
  for (const entry of list.split(',')) {
    const pattern = entry.trim()
    if (pattern === '') continue
    // An address in brackets without a port is a name to Ansible, brackets and all, and connects to the address.
    if (bracketed.test(pattern)) {
      statements.push({ kind: 'host', group: 'ungrouped', host: pattern, port: null, at: { file } })
      continue
    }
    const hosts = expandHosts(pattern)
    if (!hosts.ok) {
      problems.push({ file, what: hosts.what, remedy: hosts.remedy })
      continue
    }
    for (const host of hosts.names)
      statements.push({ kind: 'host', group: 'ungrouped', host, port: hosts.port, at: { file } })
  }
  return { statements, problems }
}
