import { exitCodeOf } from '../exit-codes.ts'
import { foundByCode } from './found.ts'
import { headroomByHost } from './headroom.ts'
import { type HostResult, type RunResult, statuses } from './host-result.ts'

interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly samples: readonly Sample[]
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

/** Counters of /proc/net/stat/nf_conntrack that node_exporter shows of its own host. */
const statistics: Readonly<Record<string, string>> = {
  drop: 'Packets of new connections dropped since boot because no entry could be had.',
  early_drop: 'Entries thrown out since boot to make room for new ones.',
  insert_failed: 'Entries since boot that could not be inserted, mostly because the same one was there.',
  chainlength: 'Packets dropped since boot because the chain of their bucket was too long.',
}

/**
 * A result in Prometheus' text format, for the textfile collector of node_exporter. Names follow node_exporter's
 * own (`node_nf_conntrack_entries`), with a prefix of ours and the host as a label. Of a host in several plays the last
 * reading counts.
 */
export function renderPrometheus(result: RunResult, isComplete: boolean): string {
  return [...runFamilies(result, isComplete), ...hostFamilies(result)]
    .filter(({ samples }) => samples.length > 0)
    .map(familyText)
    .join('')
}

function runFamilies(result: RunResult, isComplete: boolean): readonly Family[] {
  const { command, playbook, run, started, finished, totals, hosts } = result
  const of = { command, playbook }
  const seconds = (time: string): number => Date.parse(time) / 1000
  return [
    gauge('run_info', 'The run that these figures are of; always 1.', [[{ ...of, run }, 1]]),
    gauge('run_start_time_seconds', 'When the run began.', [[of, seconds(started)]]),
    gauge('run_end_time_seconds', 'When the run ended; alert when this grows old.', [
      [of, seconds(finished)],
    ]),
    gauge('run_complete', 'Whether the run came to its end (1), or was cut off (0).', [
      [of, isComplete ? 1 : 0],
    ]),
    gauge('run_exit_status', 'What the run exited with; the documentation lists them.', [
      [of, exitCodeOf(result)],
    ]),
    gauge(
      'hosts',
      'Hosts by how they ended; one that was in several plays counts in each.',
      statuses.map((status) => [{ ...of, status }, totals[status]]),
    ),
    gauge(
      'finding_hosts',
      'Hosts that have a finding, by its code.',
      foundByCode(hosts).map(({ code, severity, hosts: those }) => [{ ...of, code, severity }, those.length]),
    ),
  ]
}

function hostFamilies({ hosts }: RunResult): readonly Family[] {
  const read = [
    ...new Map(hosts.filter(({ facts }) => facts !== null).map((host) => [host.host, host])).values(),
  ]
  const figures = (value: (host: HostResult) => number | null | undefined): Sample[] =>
    read.flatMap((host) => {
      const number = value(host)
      return number === null || number === undefined ? [] : [[{ host: host.host }, number]]
    })
  const ends = new Map(hosts.map((host) => [JSON.stringify([host.host, host.play]), host]))
  return [
    gauge(
      'host_status',
      'How a host ended in a play, as a label; always 1.',
      [...ends.values()].map(({ host, play, status }) => [{ host, play, status }, 1]),
    ),
    gauge(
      'host_pending_changes',
      'Changes that a dry run or verify found to be made.',
      read.map(({ host, changes }) => [{ host }, changes.filter(({ state }) => state === 'planned').length]),
    ),
    gauge(
      'nf_conntrack_entries',
      'Entries in the connection-tracking table.',
      figures((host) => host.facts?.count),
    ),
    gauge(
      'nf_conntrack_entries_limit',
      'Entries that the table may hold (nf_conntrack_max); 0 is no limit.',
      figures((host) => host.facts?.max),
    ),
    gauge(
      'nf_conntrack_buckets',
      'Buckets of the hash table.',
      figures((host) => host.facts?.hashsize),
    ),
    gauge(
      'nf_conntrack_full_bytes',
      'Memory that a full table takes, entries and buckets.',
      figures((host) => host.facts?.memory_bytes),
    ),
    gauge(
      'nf_conntrack_used_ratio_before',
      'Share of the table in use as the run found it.',
      [...headroomByHost(hosts).values()].map(({ host, usedBefore }) => [{ host }, usedBefore]),
    ),
    ...Object.entries(statistics).map(([column, help]): Family => ({
      name: `conntrackctl_nf_conntrack_stat_${column}_total`,
      help,
      type: 'counter',
      samples: figures((host) => host.facts?.statistics?.[column]),
    })),
  ]
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `conntrackctl_${name}`, help, type: 'gauge', samples }
}

function familyText({ name, help, type, samples }: Family): string {
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${labelText(text)}"`)
    return `${name}{${pairs.join(',')}} ${value}\n`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

/** As the format escapes the value of a label; broken text becomes U+FFFD, since the file has to be UTF-8. */
function labelText(text: string): string {
  return text
    .replaceAll(/\p{Cs}/gu, '\ufffd')
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('"', '\\"')
}
