import { calendarLines } from './calendar-lines.ts'
import { jobPath, type ScheduledJob } from './scheduled-job.ts'

/** A unit of systemd: its name and its text. */
export interface Unit {
  readonly name: string
  readonly text: string
}

/** What a service needs that its job does not tell. */
export interface ServiceNeeds {
  /** Of a user's own manager: it may not lock down what only root may. */
  readonly isUserUnit: boolean
  /** Does it change this very machine? Then /etc and /proc/sys have to stay open to it. */
  readonly isLocal: boolean
  /** Absolute; folders that are written: the state folder, that of a log, that of a known_hosts file. */
  readonly writtenFolders: readonly string[]
  /** Seconds over which starts are spread. */
  readonly splaySeconds: number
}

/** Tells our units from others when they are listed or removed. */
export const unitMark = '# Written by `conntrackctl schedule`, which also changes and removes it.'

/** The service and the timer of a job. Values that systemd would expand are escaped (systemd.service(5)). */
export function renderUnits(job: ScheduledJob, needs: ServiceNeeds): readonly [Unit, Unit] {
  const { name, title, words, folder, user, home, time } = job
  const unit = `conntrackctl-${name}`
  const service = [
    unitMark,
    '[Unit]',
    `Description=conntrackctl ${noSpecifiers(title)}`,
    'Wants=network-online.target',
    'After=network-online.target',
    '',
    '[Service]',
    'Type=oneshot',
    ...(needs.isUserUnit ? [] : [`User=${user}`]),
    `WorkingDirectory=${noSpecifiers(folder)}`,
    `Environment=${quoted(`PATH=${jobPath}`)} ${quoted(`HOME=${home}`)}`,
    `ExecStart=${words.map(commandWord).join(' ')}`,
    // A run has its own --deadline; systemd would kill it in the middle of a host.
    'TimeoutStartSec=infinity',
    'KillMode=mixed',
    ...hardening(
      needs,
      [folder, ...words].some((word) => /(^|@|^unix:)\/(var\/)?tmp\//.test(word)),
    ),
    '',
  ]
  const timer = [
    unitMark,
    '[Unit]',
    `Description=when conntrackctl runs ${noSpecifiers(title)}`,
    '',
    '[Timer]',
    ...calendarLines(time).map((line) => `OnCalendar=${line}`),
    // What was missed while the machine was off is done when it is on again.
    'Persistent=true',
    `RandomizedDelaySec=${needs.splaySeconds}`,
    'FixedRandomDelay=true',
    'AccuracySec=1s',
    '',
    '[Install]',
    'WantedBy=timers.target',
    '',
  ]
  return [
    { name: `${unit}.service`, text: service.join('\n') },
    { name: `${unit}.timer`, text: timer.join('\n') },
  ]
}

/** As little as a run needs: sockets to hosts, its keys, its records. Node writes code at run time, so no W^X. */
function hardening(
  { isUserUnit, isLocal, writtenFolders }: ServiceNeeds,
  isInTmp: boolean,
): readonly string[] {
  const forAll = ['UMask=0077', 'LockPersonality=true', 'RestrictRealtime=true']
  // A change of this very machine may go through sudo.
  if (isLocal) return forAll
  if (isUserUnit) return [...forAll, 'NoNewPrivileges=true']
  return [
    ...forAll,
    'NoNewPrivileges=true',
    'ProtectSystem=strict',
    'ProtectHome=read-only',
    ...writtenFolders.map(writable),
    // Would hide what the job itself has there.
    ...(isInTmp ? [] : ['PrivateTmp=true']),
    'PrivateDevices=true',
    'ProtectKernelTunables=true',
    'ProtectKernelModules=true',
    'ProtectKernelLogs=true',
    'ProtectControlGroups=true',
    'ProtectClock=true',
    'ProtectHostname=true',
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
    'RestrictNamespaces=true',
    'RestrictSUIDSGID=true',
    'SystemCallArchitectures=native',
    'CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE',
  ]
}

/** systemd makes the one in /var/lib; others are made when the job is installed. */
function writable(path: string): string {
  const [, ours] = /^\/var\/lib\/([a-z-]+)$/.exec(path) ?? []
  return ours === undefined
    ? `ReadWritePaths=${quoted(`-${path}`)}`
    : `StateDirectory=${ours}\nStateDirectoryMode=0700`
}

/** A word of a command line, where `$` begins a variable (systemd.service(5)). */
function commandWord(word: string): string {
  return quoted(word.replaceAll('$', '$$$$'))
}

/** A word of a setting, quoted where that is needed, with no specifier in it (systemd.syntax(7), systemd.unit(5)). */
function quoted(word: string): string {
  const escaped = word.replaceAll('%', '%%')
  if (/^[A-Za-z0-9_./:@,+=%$-]+$/.test(escaped)) return escaped
  return `"${escaped.replaceAll(/["\\\n\r\t]/g, (character) => escapes[character] ?? character)}"`
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

/** Text that goes to the end of its line. */
function noSpecifiers(text: string): string {
  return text.replaceAll('%', '%%').replaceAll(/[\n\r]/g, ' ')
}
