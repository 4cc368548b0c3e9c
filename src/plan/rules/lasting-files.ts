import type { HostFacts } from '../../host/facts.ts'
import { type Platform, platformOf } from '../../kernel/platforms.ts'
import type { Rule } from '../rule.ts'
import { settingsAtBoot } from '../settings-at-boot.ts'

/** The platform of a host on which our files do not simply last, or null. */
function platformOn({ os, boot }: HostFacts): Platform | null {
  return platformOf({ osId: os.id, etcFileSystem: boot.etcFileSystem, isOstree: boot.isOstree })
}

/** Are files of ours lost on this host? */
export function losesFiles(facts: HostFacts): boolean {
  return platformOn(facts)?.files === 'lost'
}

/** Says where files in /etc do not last until the next boot, and what that platform has instead. */
export const lastingFiles: Rule = (wish, facts) => {
  if (!wish.persist) return {}
  const platform = platformOn(facts)
  if (platform === null) return {}
  const way = platform.way({ settings: settingsAtBoot(wish, facts), buckets: wish.buckets })
  if (platform.files === 'kept')
    return {
      findings: [
        {
          code: 'files-not-in-image',
          severity: 'info',
          message: `this is ${platform.name}: ${platform.fate}`,
          hint: way,
        },
      ],
    }
  if (platform.files === 'on_demand')
    return {
      findings: [
        {
          code: 'files-need-commit',
          severity: 'warning',
          message: `this is ${platform.name}: ${platform.fate}`,
          hint: way,
        },
      ],
    }
  return {
    verdict: 'unsupported',
    findings: [
      {
        code: 'files-do-not-last',
        severity: 'error',
        message: `this is ${platform.name}: ${platform.fate}, so that nothing can be made to last here`,
        hint: `${way} For the running kernel alone, set \`persist: false\`.`,
      },
    ],
  }
}
