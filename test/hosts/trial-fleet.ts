import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Rig, type RigHost, startHosts } from './rig/rig.mjs'

const sysctls = '/proc/sys/net/netfilter/nf_conntrack'
const ours = '/etc/sysctl.d/zz-conntrackctl.conf'
const oursBefore = '# Written by conntrackctl. Change the playbook, not this file.\nkernel.panic = 9\n'

/** Brings a host back to what it was at first, whatever has become of it. */
const reset = `
echo 262144 >${sysctls}_max
echo 65536 >/sys/module/nf_conntrack/parameters/hashsize
echo 120 >${sysctls}_tcp_timeout_time_wait
echo 30 >${sysctls}_udp_timeout
rm -f /etc/modprobe.d/conntrackctl.conf /etc/modules-load.d/conntrackctl.conf
rm -f /etc/sysctl.d/.conntrackctl* /etc/modprobe.d/.conntrackctl* /etc/modules-load.d/.conntrackctl* /etc/.conntrackctl* /run/.conntrackctl* /run/conntrackctl*
if [ -e /etc/odd-host ]; then printf '%s' '${oursBefore}' >${ours}; chmod 640 ${ours}; else rm -f ${ours}; fi
true`

/** Every value and file that a change could touch, and whatever of ours lies about, a line each. */
const state = `
for file in ${sysctls}_max ${sysctls}_tcp_timeout_time_wait ${sysctls}_udp_timeout /sys/module/nf_conntrack/parameters/hashsize; do
  echo "$file $(cat $file)"
done
find /etc/sysctl.d /etc/modprobe.d /etc/modules-load.d /etc/sysctl.conf /etc/theirs -type f -exec stat -c '%n %a %u:%g' {} + -exec sha256sum {} + | sort
ls -A /etc /run | grep conntrackctl
true`

/** Hosts to try things on many times, each behind a proxy of its own. */
export interface TrialFleet extends AsyncDisposable {
  readonly rig: Rig
  readonly playbook: string
  /** What each host was at first, and what it is once the playbook was applied. */
  readonly before: readonly string[]
  readonly after: string[]
  readonly reset: () => Promise<void>
  /** What each host is, once nothing is going on there any more. */
  readonly settled: () => Promise<readonly string[]>
}

export async function trialFleet(count: number, names = 'host'): Promise<TrialFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-trials-'))
  const playbook = join(folder, 'playbook.yml')
  writeFileSync(
    playbook,
    '- hosts: all\n  conntrack:\n    max: 524288\n    hashsize: 131072\n    timeouts: {tcp_time_wait: 30s, udp: 20s}\n',
  )
  const rig = await startHosts(
    Array.from({ length: count }, (_, index) => ({
      name: `${names}${String(index + 1).padStart(3, '0')}`,
      proxy: {},
      sshd: ['MaxStartups 1000'],
      files: {
        '/etc/sysctl.d/50-theirs.conf': 'vm.swappiness = 10\n',
        '/etc/theirs': { text: 'somebody else’s\n', mode: 0o600 },
        ...(index % 2 === 0 ? {} : { '/etc/odd-host': '' }),
      },
    })),
  )
  const onAll = async (script: string): Promise<string[]> => {
    const said: string[] = []
    // A few at a time: each is some processes.
    for (let start = 0; start < rig.hosts.length; start += 10)
      said.push(
        ...(await Promise.all(
          rig.hosts.slice(start, start + 10).map(async (host) => (await host.exec(script)).stdout),
        )),
      )
    return said
  }
  await onAll(reset)
  return {
    rig,
    playbook,
    before: await onAll(state),
    after: [],
    reset: async () => void (await onAll(reset)),
    settled: async () => {
      const end = performance.now() + 60_000
      for (;;) {
        const states = await onAll(state)
        if (!states.some(isGoingOn) || performance.now() > end) return states
        await setTimeout(100)
      }
    },
    [Symbol.asyncDispose]: async () => {
      await rig.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Something of ours is there that comes before the end and goes with it. */
function isGoingOn(said: string): boolean {
  return /^\.?conntrackctl\.\S/m.test(said)
}

/** How many hosts are as before, as after, and neither. */
export function tally(
  { before, after }: TrialFleet,
  states: readonly string[],
): { before: number; after: number; violations: string[] } {
  const counts = { before: 0, after: 0, violations: [] as string[] }
  states.forEach((said, index) => {
    if (said === before[index]) counts.before += 1
    else if (said === after[index]) counts.after += 1
    else counts.violations.push(said)
  })
  return counts
}

export function setCut(
  host: RigHost,
  cutAfterBytes: number | undefined,
  direction: 'to-host' | 'from-host',
): void {
  Object.assign(host.proxy!.options, { cutAfterBytes, direction })
}
