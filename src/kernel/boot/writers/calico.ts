import type { Writer, WriterFacts } from './writer.ts'
import { processesNamed } from './facts.ts'
import { placeOf } from '../statement.ts'

/** `calicoctl node run` sets max before it starts its container (calicoctl commands/node/run.go setupModulesAndSysctls). */
const max = { key: 'net.netfilter.nf_conntrack_max', value: '1000000', how: 'sets' } as const

export function calicoWriters(facts: WriterFacts): readonly Writer[] {
  const starts = facts.files.flatMap((file) =>
    file.lines
      .filter(({ text }) => /^\s*[^#;].*\bcalicoctl\b.*\bnode\s+run\b/.test(text))
      .map((line) => placeOf(file, line)),
  )
  const runs = processesNamed(facts, 'calico-node').length > 0
  if (starts.length === 0 && !runs) return []
  return [
    {
      code: 'calico-writes',
      name: 'calicoctl node run',
      writes: [{ ...max, place: starts[0] ?? null }],
      when: 'each time it starts the node',
      certainty: starts.length > 0 ? 'likely' : 'unknown',
      note:
        starts.length > 0
          ? ''
          : 'calico-node runs here; only when calicoctl started it, and not a DaemonSet, is max written.',
      cure: 'Apply the wished max after it (a drop-in of its service with ExecStartPost=), or run calico-node as a DaemonSet, which leaves max alone.',
    },
  ]
}
