import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sudoTo } from '../../src/ssh/become.ts'
import { SshConfigReader } from '../../src/ssh/ssh-config.ts'
import { loadInventory } from '../../src/inventory/load-inventory.ts'
import { type ConnectionDefaults, targetOf } from '../../src/inventory/target.ts'
import { readHost } from '../../src/host/read-host.ts'
import { readingFor } from '../../src/host/reading.ts'
import type { BootPrediction } from '../../src/kernel/boot/boot-prediction.ts'
import { isHashsizeOf } from '../../src/kernel/hashsize.ts'
import { tableKeys } from '../../src/kernel/table-keys.ts'
import { systemAtBoot } from '../../src/plan/system-at-boot.ts'
import { predictOnce } from '../../src/plan/predict-once.ts'
import type { SizedWish } from '../../src/plan/size-wish.ts'
import { openSession } from '../../src/ssh/open-session.ts'
import { runOnRig } from '../hosts/run-on-rig.ts'
import { isFullTrial } from '../full-trials.ts'
import { type Scenario, scenarios as all } from './boot-scenarios.ts'
import { startVms, type Vm, type VmRig } from './rig/rig.mjs'

const page = new URL('../../docs/boot-scenarios.md', import.meta.url)
const names = ['max', 'hashsize', 'udp'] as const
type Name = (typeof names)[number]
const keys: Record<Name, string> = {
  max: tableKeys.max,
  hashsize: tableKeys.hashsize,
  udp: 'net.netfilter.nf_conntrack_udp_timeout',
}
const paths: Record<Name, string> = {
  max: '/proc/sys/net/netfilter/nf_conntrack_max',
  hashsize: '/sys/module/nf_conntrack/parameters/hashsize',
  udp: '/proc/sys/net/netfilter/nf_conntrack_udp_timeout',
}

/** What our play wishes where it is applied. */
const wished = { max: 120_000, hashsize: 30_000, udp: 45 }
const playbookText = `- name: Ours
  hosts: all
  conntrack:
    max: ${wished.max}
    hashsize: ${wished.hashsize}
    timeouts: {udp: ${wished.udp}s}
`

/** Every second one where not every change has the time for all of them. */
const scenarios = all.filter(
  ({ commandLine }, index) => isFullTrial || index % 2 === 0 || commandLine === true,
)

/** Wishes nothing: what is predicted is the host as it stands. */
const nothing: SizedWish = { play: '', sysctls: [], persist: true, conflicts: 'report', module: 'leave' }

interface Predicted {
  /** `absent` where the key will not be there. */
  readonly value: string
  readonly certainty: string
  readonly alternatives: readonly string[]
}

interface Tried {
  readonly scenario: Scenario
  readonly predicted: Readonly<Record<Name, Predicted>>
  readonly real: Readonly<Record<Name, string>>
  /** Codes of what `verify` found before the reboot; null where our play was not applied. */
  readonly findings: readonly string[] | null
}

/** All of them together, on a machine that is busy with other things as well; a quiet one takes a quarter of it. */
const allMs = 1_500_000

/** Each as soon as a machine has come to it: a scenario that fails fails its own test only. */
const trials = new Map<Scenario, Promise<Tried>>()
let rig: VmRig

beforeAll(async () => {
  rig = await startVms([
    ...['one', 'two', 'three'].map((name) => ({ name })),
    {
      name: 'argued',
      kernelArguments: ['nf_conntrack.hashsize=20000', 'sysctl.net.netfilter.nf_conntrack_udp_timeout=99'],
    },
  ])
  await writeFile(`${rig.folder}/playbook.yml`, playbookText)
  await writeFile(`${rig.folder}/override.yml`, `${playbookText}  conflicts: override\n`)
  await Promise.all(
    rig.vms.map((vm) => vm.output(`tar --create --file /root/fresh.tar --directory / ${kept}`)),
  )
  const plain = scenarios.filter(({ commandLine }) => commandLine !== true)
  const argued = scenarios.filter(({ commandLine }) => commandLine === true)
  handOut(
    rig.vms.filter(({ name }) => name !== 'argued'),
    plain,
  )
  handOut(
    rig.vms.filter(({ name }) => name === 'argued'),
    argued,
  )
})
afterAll(() => rig?.stop())

/** Has the machines try the scenarios out, each machine one after the other, in their order. */
function handOut(vms: readonly Vm[], queue: readonly Scenario[]): void {
  const waiting: ((vm: Vm) => Promise<unknown>)[] = []
  for (const scenario of queue) {
    const trial = new Promise<Tried>((resolve, reject) => {
      waiting.push((vm) => tryOut(vm, scenario).then(resolve, reject))
    })
    // Its own test tells of it.
    trial.catch(() => {})
    trials.set(scenario, trial)
  }
  const workOff = async (vm: Vm): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next(vm)
  }
  for (const vm of vms) void workOff(vm)
}

/** All that scenarios lay files in, as a fresh disk has it. */
const kept =
  'etc/sysctl.conf etc/sysctl.d etc/modprobe.d etc/modules etc/modules-load.d etc/udev/rules.d etc/systemd/system usr/lib/sysctl.d'

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** A script that makes a fresh machine of any, and lays the files of the scenario there. */
function layOut({ files, without = [], services = [], isLoaded }: Scenario): string {
  return [
    'set -e; cd /',
    `rm -rf /run/sysctl.d ${kept}; tar --extract --file /root/fresh.tar`,
    ...without.map((path) => `rm ${quote(path)}`),
    ...Object.entries(files).flatMap(([path, laid]) => [
      `mkdir -p "$(dirname ${quote(path)})"`,
      typeof laid === 'string'
        ? `echo ${Buffer.from(laid, 'latin1').toString('base64')} | base64 -d >${quote(path)}`
        : `ln -s ${quote(laid.link)} ${quote(path)}`,
    ]),
    ...services.flatMap((name) => [
      `printf '[Service]\\nType=oneshot\\nExecStart=/sbin/modprobe xt_conntrack\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/${name}.service`,
      `mkdir -p /etc/systemd/system/multi-user.target.wants`,
      `ln -s ../${name}.service /etc/systemd/system/multi-user.target.wants/${name}.service`,
    ]),
    'modprobe -r xt_conntrack nf_conntrack',
    isLoaded === true ? 'modprobe nf_conntrack' : '',
  ].join('\n')
}

async function tryOut(vm: Vm, scenario: Scenario): Promise<Tried> {
  await vm.output(layOut(scenario))
  const runOurs = (command: 'apply' | 'verify') =>
    runOnRig({ inventoryPath: rig.inventoryPath, folder: `${rig.folder}/${vm.name}` }, [
      command,
      `${rig.folder}/${scenario.ours === 'override' ? 'override' : 'playbook'}.yml`,
      '--limit',
      vm.name,
    ])
  if (scenario.ours) await runOurs('apply')
  const verified = scenario.ours ? await runOurs('verify') : null
  const prediction = await predictionFor(vm.name)
  await vm.powerCycle()
  const real = await valuesOf(vm)
  const isWaitedFor = prediction.keys.get(keys.max)?.value !== null && real.max === 'absent'
  if (isWaitedFor) await vm.output('modprobe nf_conntrack')
  return {
    scenario,
    predicted: inAll((name) => {
      const { value, certainty, alternatives } = prediction.keys.get(keys[name]) ?? missing(name)
      return { value: value ?? 'absent', certainty, alternatives }
    }),
    // The module came later than the reading: whoever brings it, these are the values then.
    real: isWaitedFor ? await valuesOf(vm) : real,
    findings: verified && (verified.result.hosts[0]?.findings ?? []).map(({ code }) => code),
  }
}

/** By the product's own way to a host, its own reading, and its own playing through of the boot. */
async function predictionFor(name: string): Promise<BootPrediction> {
  const inventory = await loadInventory([rig.inventoryPath], { cwd: rig.folder })
  const host = inventory.hosts.get(name)
  if (host === undefined) throw new Error(`no host ${name}`)
  await using session = await openSession(await targetOf(host, defaults()), new AbortController().signal)
  const facts = await readHost(session, readingFor({ ...nothing }, 'verify'))
  return predictOnce({ ...systemAtBoot(nothing, facts), keys: Object.values(keys) })
}

function defaults(): ConnectionDefaults {
  const seconds = 60
  return {
    user: null,
    loginName: 'root',
    port: null,
    identityFiles: [],
    usualIdentityFiles: [],
    agentSocket: null,
    hostKeys: { checking: 'yes', knownHostsFiles: [], globalKnownHostsFiles: [] },
    transport: 'ssh2',
    become: null,
    becomeAs: sudoTo('root'),
    limits: {
      connectSeconds: seconds,
      loginSeconds: seconds,
      commandSeconds: seconds,
      keepaliveSeconds: seconds,
      outputBytes: 2 ** 22,
    },
    home: rig.folder,
    cwd: rig.folder,
    password: null,
    passphrase: null,
    timeoutSeconds: null,
    environment: {},
    sshConfig: new SshConfigReader('/nowhere/ssh'),
    sshConfigFiles: [],
    ownSshConfig: null,
    warn: () => {},
    sshCommonArgs: null,
  }
}

async function valuesOf(vm: Vm): Promise<Record<Name, string>> {
  const read = names.map((name) => `cat ${paths[name]} 2>/dev/null || echo absent`).join('\n')
  const lines = (await vm.output(read)).split('\n')
  return inAll((name) => lines[names.indexOf(name)] ?? missing(name))
}

function inAll<Value>(of: (name: Name) => Value): Record<Name, Value> {
  return { max: of('max'), hashsize: of('hashsize'), udp: of('udp') }
}

function missing(name: string): never {
  throw new Error(`nothing was said of ${name}`)
}

function resultOf(scenario: Scenario): Promise<Tried> {
  return trials.get(scenario) ?? missing(scenario.name)
}

test.each(scenarios)('$name', { timeout: allMs }, async (scenario) => {
  const { predicted, real, findings } = await resultOf(scenario)
  for (const name of names) {
    const { value, certainty, alternatives } = predicted[name]
    if (certainty === 'unknown') {
      expect(scenario.mayBeUnknown, `${name} was not known`).toBe(true)
      expect([value, ...alternatives], name).toContain(real[name])
    } else expect(real[name], name).toBe(value)
  }
  if (findings === null || scenario.mayBeUnknown) return
  const isAsWished =
    real.max === String(wished.max) &&
    real.udp === String(wished.udp) &&
    isHashsizeOf(Number(real.hashsize), wished.hashsize, 4096)
  expect(findings.includes('overridden-at-boot'), findings.join()).toBe(!isAsWished)
  expect(findings).not.toContain('boot-not-known')
})

test('the table in docs is that of a run like this', async () => {
  const results = await Promise.all(scenarios.map(resultOf))
  const table = tableOf(results)
  process.stdout.write(`${table}\n`)
  if (process.env['UPDATE_DOCS'] === '1' && isFullTrial) await writeFile(page, pageOf(table))
  // Of what the kernel chooses by itself nothing is said: that follows from the memory of the machine.
  const written = readFileSync(page, 'utf8')
  if (isFullTrial) expect(written).toBe(pageOf(table))
  else expect(written.split('\n')).toEqual(expect.arrayContaining(table.split('\n')))
})

function tableOf(results: readonly Tried[]): string {
  const cell = ({ value, certainty, alternatives }: Predicted): string =>
    certainty === 'unknown' ? [value, ...alternatives].join(' or ') : value
  const rows = results.map(({ scenario, predicted, real }) =>
    [scenario.name, ...names.flatMap((name) => [cell(predicted[name]), real[name]])].join(' | '),
  )
  const head = ['The host', ...names.flatMap((name) => [`${name} predicted`, 'real'])].join(' | ')
  const line = ['---', ...names.flatMap(() => ['--:', '--:'])].join(' | ')
  return [head, line, ...rows].map((row) => `| ${row} |`).join('\n')
}

function pageOf(table: string): string {
  return `# Boots, predicted and real

Each row is a host that was prepared, read over SSH, and then rebooted by cutting its power: Debian 12 with
Linux 6.1 and systemd 252. *Predicted* is what conntrackctl said before, *real* what the kernel had afterwards. max is in
entries, hashsize in buckets, udp is \`nf_conntrack_udp_timeout\` in seconds. *absent* means that the module is not loaded
and there is no table. Where several values are predicted, the finding is \`boot-not-known\`. *Ours* are the files of a play
that wishes max ${wished.max}, hashsize ${wished.hashsize} and udp ${wished.udp} s.

The table is written by the test \`test/vm/boot-scenarios.test.ts\`, which also has the files of each host
(\`test/vm/boot-scenarios.ts\`): \`CONNTRACKCTL_TRIALS=full UPDATE_DOCS=1 npm run test:vm\`.

${table}
`
}
