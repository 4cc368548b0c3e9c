import { renderModprobeDropIn, renderModulesLoadDropIn, renderSysctlDropIn } from '../kernel/drop-in.ts'
import { ourFiles, ourSysctlFiles } from '../kernel/our-files.ts'
import { tableKeys } from '../kernel/table-keys.ts'
import type { Condition } from './condition.ts'

/** What a playbook wishes, in plain numbers. */
interface Wished {
  /** Entries. */
  readonly max: number
  /** Buckets, a multiple of 512. */
  readonly hashsize: number
  /** By sysctl key, in the order of the playbook. */
  readonly sysctls: Readonly<Record<string, string>>
}

/** `condition` as it is after that playbook was applied: live values and our three files. */
export function asWished(condition: Condition, { max, hashsize, sysctls }: Wished): Condition {
  const settings = new Map([[tableKeys.max as string, String(max)], ...Object.entries(sysctls)])
  return {
    ...condition,
    table: { ...condition.table, max, hashsize },
    values: { ...condition.values, ...sysctls },
    files: {
      ...condition.files,
      [ourSysctlFiles[0]]: renderSysctlDropIn(null, settings),
      [ourFiles.modprobe]: renderModprobeDropIn('nf_conntrack', hashsize),
      [ourFiles.modulesLoad]: renderModulesLoadDropIn(['nf_conntrack']),
    },
  }
}
