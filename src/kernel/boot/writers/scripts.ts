import { globMatches } from '../path-glob.ts'
import type { BootFile } from '../boot-system.ts'
import type { Writer, WriterFacts } from './writer.ts'
import { scriptAssignments } from './script-assignments.ts'

interface ScriptKind {
  readonly code: string
  readonly paths: readonly string[]
  readonly when: string
  readonly note: string
}

/** Scripts that run at times of their own, by where they stand. */
const kinds: readonly ScriptKind[] = [
  {
    code: 'rc-local-writes',
    paths: ['/etc/rc.local', '/etc/rc.d/rc.local', '/etc/local.d/*.start'],
    when: 'at the end of every boot',
    // systemd-rc-local-generator(8).
    note: 'It runs only when the file is executable.',
  },
  {
    code: 'interface-script-writes',
    paths: [
      '/etc/network/if-up.d/*',
      '/etc/network/if-pre-up.d/*',
      '/etc/network/interfaces',
      '/etc/networkd-dispatcher/*/*',
      '/etc/NetworkManager/dispatcher.d/*',
    ],
    when: 'each time an interface comes up',
    note: '',
  },
  {
    code: 'cron-writes',
    paths: ['/etc/crontab', '/etc/cron.d/*', '/etc/cron.hourly/*', '/etc/cron.daily/*'],
    when: 'at its hours',
    note: '',
  },
  {
    code: 'service-writes',
    paths: ['/etc/systemd/system/*.service'],
    when: 'each time the service starts',
    note: '',
  },
]

const userData = '/var/lib/cloud/instance/user-data.txt'

/** rc.local, if-up.d, cron, services of one's own, and cloud-init's user data. */
export function scriptWriters(facts: WriterFacts): readonly Writer[] {
  const scripts = facts.files.flatMap((file) => {
    const kind = kinds.find(({ paths }) =>
      paths.some((path) => globMatches(path.slice(1), file.path.slice(1), false)),
    )
    return kind ? [...writer(file, kind)] : []
  })
  const cloud = facts.files.filter(({ path }) => path === userData).flatMap(cloudWriters)
  return [...scripts, ...cloud]
}

function writer(
  file: BootFile,
  { code, when, note }: Omit<ScriptKind, 'paths'>,
  cure?: string,
): readonly Writer[] {
  const writes = scriptAssignments(file)
  if (writes.length === 0) return []
  return [
    {
      code,
      name: file.path,
      writes,
      when,
      certainty: 'likely',
      note,
      cure: cure ?? `Take these lines out of ${file.path}, or give them the wished values.`,
    },
  ]
}

/**
 * cloud-init has no module for sysctls; commands and files in its user data may set them: `bootcmd` at
 * every boot, the others at the first boot of an instance (cloud-init documentation, modules and frequency).
 */
function cloudWriters(file: BootFile): readonly Writer[] {
  const sections = new Map<'every' | 'first', BootFile['lines'][number][]>([
    ['every', []],
    ['first', []],
  ])
  let section = ''
  for (const line of file.lines) {
    section = /^([a-z_]+):/.exec(line.text)?.[1] ?? section
    sections.get(section === 'bootcmd' ? 'every' : 'first')?.push(line)
  }
  const cure =
    'Change the user data where instances are made from (a launch template, a Terraform module); a new instance gets it again.'
  return [...sections].flatMap(([which, lines]) =>
    writer(
      { ...file, lines },
      {
        code: 'cloud-init-writes',
        when:
          which === 'every' ? 'at every boot' : 'at the first boot of an instance made from this user data',
        note: '',
      },
      cure,
    ),
  )
}
