import type { HostFacts } from '../../host/facts.ts'
import { assignmentsAtBoot, assignmentsIn, type PlacedAssignment } from '../../kernel/boot-order.ts'
import { ourFiles } from '../../kernel/our-files.ts'
import { canonicalKey } from '../../kernel/sysctl-key.ts'
import type { Finding } from '../change.ts'
import type { Rule } from '../rule.ts'
import { settingsAtBoot } from '../settings-at-boot.ts'

const sysctlConf = '/etc/sysctl.conf'

/** Says which other files assign what we set, and whether one of them has the last word at boot. */
export const bootOrder: Rule = (wish, facts) => {
  if (!wish.persist) return {}
  const settings = settingsAtBoot(wish, facts)
  const assignments = otherAssignments(settings, facts)
  return {
    findings: [
      ...[...settings].flatMap(([key, value]) => others(canonicalKey(key), value, assignments)),
      ...(facts.hasSystemd ? [] : [bootNotKnown]),
      ...facts.unreadableBootFiles.slice(0, 5).map(unreadable),
    ],
  }
}

interface Assignments {
  /** In the order in which they are made at boot, ours among them. */
  readonly atBoot: readonly PlacedAssignment[]
  readonly inSysctlConf: readonly PlacedAssignment[]
  readonly hasSystemd: boolean
}

function otherAssignments(settings: ReadonlyMap<string, string>, facts: HostFacts): Assignments {
  const foreign = facts.bootLines.filter(({ file }) => file !== ourFiles.sysctl)
  const ours = [...settings].map(([key, value], index) => ({
    file: ourFiles.sysctl,
    line: index + 1,
    text: `${key} = ${value}`,
  }))
  const files = facts.bootFiles.includes(ourFiles.sysctl)
    ? facts.bootFiles
    : [...facts.bootFiles, ourFiles.sysctl]
  return {
    atBoot: assignmentsAtBoot(files, [...foreign, ...ours]),
    inSysctlConf: assignmentsIn(sysctlConf, foreign),
    hasSystemd: facts.hasSystemd,
  }
}

const bootNotKnown: Finding = {
  code: 'boot-not-known',
  severity: 'warning',
  message:
    'this host has no systemd: whether it reads /etc/sysctl.d and /etc/modules-load.d at boot is not known',
  hint: 'Verify again after its next reboot.',
}

function unreadable(file: string): Finding {
  return {
    code: 'boot-file-unreadable',
    severity: 'warning',
    message: `${file} could not be read: what it sets at boot is not known`,
    hint: 'Read it as root and see whether it assigns one of these keys.',
  }
}

function others(key: string, value: string, assignments: Assignments): readonly Finding[] {
  const atBoot = assignments.atBoot.filter((assignment) => assignment.key === key)
  const inSysctlConf = assignments.inSysctlConf.filter((assignment) => assignment.key === key)
  const winner = (assignments.hasSystemd ? atBoot : [...atBoot, ...inSysctlConf]).at(-1)
  const differing = (assignment: PlacedAssignment | undefined): assignment is PlacedAssignment =>
    assignment !== undefined && assignment.file !== ourFiles.sysctl && assignment.value !== value

  if (differing(winner)) return [overridden(key, value, winner)]
  // Through the link 99-sysctl.conf, systemd-sysctl reads /etc/sysctl.conf itself: one line, said once.
  const isSaidOf = (loser: PlacedAssignment): boolean =>
    loser.file.endsWith('/99-sysctl.conf') && inSysctlConf.some(({ line }) => line === loser.line)
  const losers = atBoot.filter(differing).filter((loser) => !isSaidOf(loser))
  return [
    ...losers.map((loser) => outranked(loser)),
    ...inSysctlConf
      .filter(differing)
      .slice(-1)
      .map((line) => undoneByHand(line, value)),
  ]
}

function overridden(key: string, value: string, winner: PlacedAssignment): Finding {
  return {
    code: 'overridden-at-boot',
    severity: 'error',
    message: `${winner.file}:${winner.line} sets ${key} to ${winner.value} at boot, after our ${value}`,
    hint: `Remove that line from ${winner.file}, or wish the same value.`,
  }
}

function outranked(loser: PlacedAssignment): Finding {
  return {
    code: 'other-assignment',
    severity: 'info',
    message: `${loser.file}:${loser.line} sets ${loser.key} to ${loser.value}; ours comes later at boot and wins`,
    hint: 'Remove that line to have one place only.',
  }
}

function undoneByHand(line: PlacedAssignment, value: string): Finding {
  return {
    code: 'undone-by-sysctl-system',
    severity: 'warning',
    message: `${line.file}:${line.line} sets ${line.key} to ${line.value}: a \`sysctl --system\` by hand would undo ${value}`,
    hint: `Remove that line from ${line.file}: procps reads it last, systemd-sysctl at boot does not.`,
  }
}
