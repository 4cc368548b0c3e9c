import type { Writer, WriterFacts } from './writer.ts'
import { isStarted, processesNamed } from './facts.ts'

/** dockerd loads the module at its start (moby daemon init_linux.go) and writes none of its settings. */
export function dockerWriters(facts: WriterFacts): readonly Writer[] {
  if (!isStarted(facts, 'docker') && processesNamed(facts, 'dockerd').length === 0) return []
  return [
    {
      code: 'docker-loads-conntrack',
      name: 'docker',
      writes: [],
      when: 'each time it starts',
      certainty: 'likely',
      note: 'It loads nf_conntrack after the sysctls are set at boot; without the module there in time they are lost.',
      cure: 'Have nf_conntrack loaded at boot (/etc/modules-load.d).',
    },
  ]
}
