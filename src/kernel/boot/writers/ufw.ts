import { procps4Statements } from '../sysctl-lines.ts'
import { variableKey } from '../variables.ts'
import { findTunable } from '../../tunables.ts'
import type { Writer, WriterFacts } from './writer.ts'
import { fileAt, isStarted, settingIn } from './facts.ts'

/** ufw applies a file of its own after its rules (lib/ufw/ufw-init-functions of 0.36.2: sysctl -e -q -p $IPT_SYSCTL). */
export function ufwWriters(facts: WriterFacts): readonly Writer[] {
  if (settingIn(fileAt(facts, '/etc/ufw/ufw.conf'), 'ENABLED')?.value.toLowerCase() === 'no') return []
  const path = settingIn(fileAt(facts, '/etc/default/ufw'), 'IPT_SYSCTL')?.value ?? '/etc/ufw/sysctl.conf'
  const file = fileAt(facts, path)
  if (!file) return []
  const writes = procps4Statements(file).flatMap(({ path: target, value, place }) => {
    const key = variableKey(target.replaceAll('/', '.'))
    return value !== null && (key === 'hashsize' || findTunable(key))
      ? [{ key, value, how: 'sets' as const, place }]
      : []
  })
  if (writes.length === 0) return []
  return [
    {
      code: 'ufw-writes',
      name: 'ufw',
      writes,
      when: 'at every start, `ufw enable` and `ufw reload`',
      certainty: isStarted(facts, 'ufw') ? 'certain' : 'likely',
      note: '',
      cure: `Take these lines out of ${path}, or give them the wished values.`,
    },
  ]
}
