import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test, vi } from 'vitest'
import { startVm, type Vm } from './rig/rig.mjs'

const maxFile = '/proc/sys/net/netfilter/nf_conntrack_max'
const show = (line: string): void => void process.stdout.write(`  ${line}\n`)

/** The machine is its own controller: this Node.js and this installation, seen through the kernel's hostfs. */
async function install(vm: Vm): Promise<void> {
  await vm.output(`set -e
    mkdir -p /opt/node /opt/conntrackctl /etc/conntrackctl
    mount -t hostfs -o '${dirname(realpathSync(process.execPath))}' none /opt/node
    mount -t hostfs -o '${process.cwd()}' none /opt/conntrackctl
    ssh-keygen -q -t ed25519 -N '' -f /etc/conntrackctl/key
    cat /etc/conntrackctl/key.pub >>/root/.ssh/authorized_keys
    echo "127.0.0.1 $(cat /etc/ssh/ssh_host_ed25519_key.pub 2>/dev/null || ssh-keygen -y -f /etc/ssh/ssh_host_ed25519_key)" >/root/.ssh/known_hosts
    modprobe nf_conntrack
    systemd-run --quiet --unit=silent nc -lk 127.0.0.1 2200`)
  await vm.writeFile(
    '/etc/conntrackctl/hosts.ini',
    `self ansible_host=127.0.0.1
down ansible_host=127.0.0.1 ansible_port=1
slow ansible_host=127.0.0.1 ansible_port=2200
[all:vars]
ansible_ssh_private_key_file=/etc/conntrackctl/key
`,
  )
  for (const host of ['self', 'down', 'slow'])
    await vm.writeFile(
      `/etc/conntrackctl/${host}.yml`,
      `- hosts: ${host}\n  conntrack: {max: 100000, hashsize: 65536}\n`,
    )
}

const program = '/opt/node/node /opt/conntrackctl/dist/cli.js'
const jobs = ['self', 'down', 'slow-1', 'slow-2'] as const

/** Has the same timers run more often: nobody learns more from waiting. */
const faster = '[Timer]\\nOnCalendar=\\nOnCalendar=*:*:0/15\\n'

test('a real systemd timer: quiet runs, one drift, a host that stays down, two runs at once', async () => {
  await using vm = await startVm({ name: 'controller', memoryMiB: 1024 })
  await install(vm)
  await vm.output(`cd /etc/conntrackctl; ${program} apply self.yml -i hosts.ini --cron --login-timeout 90`)
  const installed = await vm.output(`set -e
    cd /etc/conntrackctl
    for job in ${jobs.join(' ')}; do
      ${program} schedule \${job%-?}.yml -i hosts.ini --every 1m --login-timeout 90 --systemd --name $job --install
    done
    systemd-analyze verify /etc/systemd/system/conntrackctl-*`)
  expect(installed).toContain('self: installed in /etc/systemd/system/conntrackctl-self.timer')
  show(await vm.output('systemd-analyze security --no-pager conntrackctl-self.service | tail -1'))
  await vm.output(`set -e
    for job in ${jobs.join(' ')}; do
      mkdir -p /etc/systemd/system/conntrackctl-$job.timer.d
      printf '${faster}' >/etc/systemd/system/conntrackctl-$job.timer.d/faster.conf
    done
    systemctl daemon-reload
    systemctl restart conntrackctl-slow-1.timer conntrackctl-slow-2.timer`)

  // What a unit printed, without what systemd says of it; and the statuses with which it ended.
  const said = (job: string): Promise<string> =>
    vm.output(`journalctl -q -o cat -u conntrackctl-${job}.service _COMM=node || true`)
  const ends = (job: string): Promise<string> =>
    vm.output(`journalctl -q -o cat -u conntrackctl-${job}.service | grep -o 'status=[0-9]*' || true`)
  const runs = async (playbook: string): Promise<number> =>
    Number(
      await vm.output(
        `grep -l '"finished"' /var/lib/conntrackctl/runs/*/run.json | xargs grep -l '/${playbook}.yml' | wc -l`,
      ),
    )
  const until = (check: () => Promise<boolean>) =>
    vi.waitFor(async () => expect(await check()).toBe(true), { timeout: 240_000, interval: 2000 })

  const locked = async (): Promise<string> => `${await said('slow-1')}\n${await said('slow-2')}`
  await until(async () => (await locked()).includes('is being run already'))
  expect(await locked()).toMatch(/slow\.yml is being run already, by run \S+ of root \(pid \d+, since /)
  await until(async () => `${await ends('slow-1')}${await ends('slow-2')}`.includes('status=75'))
  await vm.output('systemctl stop conntrackctl-slow-*.timer conntrackctl-slow-*.service')
  show('two at once: one ended with 75')

  await vm.output('systemctl restart conntrackctl-self.timer conntrackctl-down.timer')
  await until(async () => (await runs('self')) >= 4 && (await runs('down')) >= 3)
  expect(await said('self')).toBe('')
  expect(await ends('self')).toBe('')
  show(`self: ${(await runs('self')) - 1} quiet runs by the timer`)
  expect((await said('down')).match(/^down: unreachable/gm)).toHaveLength(1)
  expect((await ends('down')).split('\n')).toContain('status=3')
  show(`down: ${await runs('down')} runs, told once`)
  await vm.output('systemctl stop conntrackctl-down.timer')

  await vm.output(`echo 1000 >${maxFile}`)
  await until(async () => (await vm.output(`cat ${maxFile}`)) === '100000')
  const after = (await runs('self')) + 1
  await until(async () => (await runs('self')) >= after)
  expect((await said('self')).match(/^conntrackctl apply .*$/gm)).toEqual([
    'conntrackctl apply /etc/conntrackctl/self.yml: 1 changed of 1 hosts',
  ])
  show('self: drifted, was put right, and that was told once')

  const removed = await vm.output(`
    ${program} schedule --systemd --remove --name self
    systemctl list-timers --all --no-legend | grep -c conntrackctl-self || true`)
  expect(removed.split('\n')).toEqual(['self: removed from /etc/systemd/system/conntrackctl-self.timer', '0'])
}, 900_000)
