import { readLimit } from '../inventory/limit.ts'
import type { Term } from '../inventory/patterns.ts'
import { UsageError } from '../problem.ts'
import { readRecordedGroup } from '../record/recorded-groups.ts'
import { recordedHosts } from '../record/recorded-hosts.ts'
import { stateFolder } from '../record/state-folder.ts'
import type { RunContext } from './context.ts'
import type { RunOptions } from './options.ts'

/**
 * `--limit` and `--rerun`, of which both count where both are given; hosts of a past run are those of the last run of
 * `playbook`, or of any where there is none. Throws InputError, UsageError.
 */
export async function readLimits(
  playbook: string | null,
  { limit, rerun, stateDir }: Pick<RunOptions, 'limit' | 'rerun' | 'stateDir'>,
  context: RunContext,
): Promise<readonly (readonly Term[])[]> {
  const recorded = async (word: string): Promise<readonly string[] | null> => {
    const group = readRecordedGroup(word)
    if (group === null) return null
    const path = playbook === null ? null : { path: playbook, cwd: context.cwd }
    const hosts = await recordedHosts(stateFolder(stateDir, context), group, path)
    if (hosts.length === 0)
      throw new UsageError(
        `no host is ${group.group} in that run of ${playbook ?? 'a playbook'}: nothing is to be done again`,
      )
    return hosts
  }
  const given = [limit, ...(rerun === undefined ? [] : [`@${rerun}`])]
  return Promise.all(
    given.flatMap((one) => (one === undefined ? [] : [readLimit(one, { cwd: context.cwd, recorded })])),
  )
}
