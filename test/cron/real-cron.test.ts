import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startHosts } from '../hosts/rig/rig.mjs'
import { startCron } from './start-cron.ts'

const max = '/proc/sys/net/netfilter/nf_conntrack_max'
const show = (line: string): void => void process.stdout.write(`  ${line}\n`)

test('under a real cron: quiet runs, one drift, a host that stays down, two runs at once', async () => {
  await using rig = await startHosts([
    { name: 'quiet' },
    { name: 'drifts' },
    { name: 'down', kind: 'down' },
    { name: 'slow', kind: 'silent' },
  ])
  const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-cron-'))
  chmodSync(folder, 0o755)
  const files = join(folder, 'files')
  mkdirSync(files)
  const playbook = (name: string): string => join(files, `${name}.yml`)
  for (const name of ['quiet', 'drifts', 'down', 'slow'])
    writeFileSync(playbook(name), `- hosts: ${name}\n  conntrack: {max: 300000, hashsize: 65536}\n`)

  await using cron = await startCron(makeFolder(folder, 'cron'))
  const program = `'${process.execPath}' '${join(process.cwd(), 'dist/cli.js')}'`
  const common = (name: string): string =>
    `'${playbook(name)}' -i '${rig.inventoryPath}' --state-dir '${folder}/state'`

  // Two hosts are as wished before the first minute, and then one of them drifts.
  for (const name of ['quiet', 'drifts'])
    await cron.run(`${program} apply ${common(name)} --cron --timeout 30`)
  await rig.host('drifts').setValue(max, '1000')
  for (const name of ['quiet', 'drifts', 'down'])
    await cron.run(`${program} schedule ${common(name)} --every 1m --timeout 30 --install`)
  // The same playbook twice in one minute, on a host that keeps the first run busy.
  for (const name of ['slow-1', 'slow-2'])
    await cron.run(
      `${program} schedule ${common('slow')} --every 1m --login-timeout 25 --timeout 30 --name ${name} --install`,
    )
  await cron.run(
    String.raw`crontab -l | sed '/slow/s/\(\.yml .*--cron\)$/\1; echo "$?" >>${folder.replaceAll('/', String.raw`\/`)}\/slow-ends/' | crontab -`,
  )
  expect(await cron.run('crontab -l')).toContain('slow-ends')

  const mailsTo = (name: string): readonly string[] =>
    cron.mails().filter((mail) => mail.includes(`/${name}.yml`))
  const runsOf = (name: string): number =>
    readdirSync(join(folder, 'state/runs')).filter((run) => {
      const file = join(folder, 'state/runs', run, 'run.json')
      // A run that has just begun has its folder, and nothing in it yet.
      if (!existsSync(file)) return false
      const known = JSON.parse(readFileSync(file, 'utf8'))
      return known.playbook.endsWith(`/${name}.yml`) && known.finished !== undefined
    }).length
  // Three minutes, each begun by cron, and a fourth where this machine is slow.
  for (let tries = 0; tries < 300; tries += 1) {
    if (runsOf('quiet') >= 4 && runsOf('drifts') >= 4 && runsOf('down') >= 3 && runsOf('slow') >= 1) break
    await setTimeout(1000)
  }
  // cron mails when a job has ended.
  await setTimeout(3000)

  show(
    `runs under cron: quiet ${runsOf('quiet') - 1}, drifts ${runsOf('drifts') - 1}, down ${runsOf('down')}`,
  )
  show(
    `mails: quiet ${mailsTo('quiet').length}, drifts ${mailsTo('drifts').length}, down ${mailsTo('down').length}`,
  )
  expect(runsOf('quiet')).toBeGreaterThanOrEqual(4)
  expect(mailsTo('quiet')).toEqual([])

  expect(mailsTo('drifts')).toHaveLength(1)
  expect(mailsTo('drifts')[0]).toMatch(/^conntrackctl apply \S+\/drifts\.yml: 1 changed of 1 hosts$/m)
  expect((await rig.host('drifts').readFile(max)).trim()).toBe('300000')

  expect(runsOf('down')).toBeGreaterThanOrEqual(3)
  expect(mailsTo('down')).toHaveLength(1)
  expect(mailsTo('down')[0]).toMatch(/^down: unreachable/m)

  const ends = readFileSync(join(folder, 'slow-ends'), 'utf8').trim().split('\n')
  show(`two at once: exit statuses ${ends.join(', ')}`)
  expect(ends).toContain('75')
  expect(ends).toContain('3')
  const locked = mailsTo('slow').filter((mail) => mail.includes('is being run already'))
  expect(locked.length).toBeGreaterThan(0)
  expect(locked[0]).toMatch(/by run \S+ of root \(pid \d+, since \S+\)/)
  show(`its mail: ${/^conntrackctl: .*$/m.exec(locked[0] ?? '')?.[0]}`)
})

function makeFolder(parent: string, name: string): string {
  const path = join(parent, name)
  mkdirSync(path)
  return path
}
