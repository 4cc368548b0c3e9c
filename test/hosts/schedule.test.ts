import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { calendarLines } from '../../src/schedule/calendar-lines.ts'
import { type CronTime, parseCronTime } from '../../src/schedule/cron-time.ts'
import { renderUnits } from '../../src/schedule/unit-texts.ts'
import { runProgram } from '../golden/run-program.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-schedule-'))
const playbook = join(folder, 'raise 50%.yml')
const key = join(folder, 'id')
writeFileSync(playbook, '- hosts: all\n  conntrack: {max: 300000}\n')
execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
afterAll(() => rmSync(folder, { recursive: true }))

const words = ['schedule', playbook, '-i', 'web01,web02,', '--private-key', key, '-e', "a='$b %c'"]
const env = { HOME: folder, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }

/** Runs a script with a spool of crontabs and an /etc/cron.d that are its own. */
async function apart(script: string): Promise<string> {
  const prelude = `set -e
    mount -t tmpfs -o mode=1730 none /var/spool/cron/crontabs; chgrp crontab /var/spool/cron/crontabs
    mount -t tmpfs -o mode=755 none /etc/cron.d
    conntrackctl() { '${process.execPath}' dist/cli.js "$@"; }
    job() { conntrackctl schedule '${playbook}' -i web01,web02, --private-key '${key}' "$@"; }
`
  const { stdout } = await run('unshare', ['--mount', 'sh', '-c', prelude + script], { env })
  return stdout
}

test('a block goes into a real crontab and out again; the rest stays byte for byte', async () => {
  const printed = await apart(`
    printf 'MAILTO=ops\\n# mine, 100%% mine\\n5 * * * * x\\n' | crontab -
    crontab -l >${folder}/before
    job --every 15m --install
    job --every 15m --install
    job --every 30m --install
    job --every 30m >${folder}/printed
    crontab -l >${folder}/with
    conntrackctl schedule --list
    job --remove
    job --remove
    crontab -l >${folder}/after`)
  const [before, text, block, after] = ['before', 'with', 'printed', 'after'].map((name) =>
    readFileSync(join(folder, name), 'utf8'),
  )
  expect(printed.split('\n')).toEqual([
    'raise-50: installed in the crontab of root',
    'raise-50: is there already, unchanged, in the crontab of root',
    'raise-50: replaced in the crontab of root',
    'NAME      WHEN          RUNS' + ' '.repeat(`apply ${playbook}`.length - 2) + 'IN',
    `raise-50  */30 * * * *  apply ${playbook}  the crontab of root`,
    'raise-50: removed from the crontab of root',
    'raise-50: there is no such job',
    '',
  ])
  expect(text).toBe(`${before}${block}`)
  expect(block).toContain("raise 50\\%.yml' --inventory web01,web02, --key-file")
  expect(after).toBe(before)
})

test('a user who has no crontab yet gets one, and an empty one back', async () => {
  const printed = await apart(
    'job --at 03:30 --install; crontab -l | grep -c cli.js; job --remove; crontab -l | wc -c',
  )
  expect(printed).toContain('\n1\n')
  expect(printed).toMatch(/\n0\n$/)
})

test('a file of /etc/cron.d is what was printed, and one of others is left alone', async () => {
  const printed = await apart(`
    job --every 1h --cron-d conntrack >${folder}/printed
    job --every 1h --cron-d conntrack --install
    cmp ${folder}/printed /etc/cron.d/conntrack
    stat -c '%a %U' /etc/cron.d/conntrack
    echo '* * * * * root true' >/etc/cron.d/other
    job --every 1h --cron-d other --install 2>&1 || echo "status $?"
    conntrackctl schedule --remove --cron-d other 2>&1 || echo "status $?"
    cat /etc/cron.d/other
    conntrackctl schedule --remove --cron-d conntrack
    ls -A /etc/cron.d`)
  expect(printed.split('\n')).toEqual([
    'conntrack: installed in /etc/cron.d/conntrack',
    '644 root',
    'conntrackctl: /etc/cron.d/other is not ours: give another name with --cron-d, or remove that file',
    'status 64',
    'conntrackctl: /etc/cron.d/other is not ours: whoever wrote it has to remove it',
    'status 64',
    '* * * * * root true',
    'conntrack: removed from /etc/cron.d/conntrack',
    'other',
    '',
  ])
})

test('a name that another job has is not taken from it', async () => {
  const printed = await apart(`
    job --every 1h --name night --install
    job --every 1h --name night --run verify --install 2>&1 || echo "status $?"`)
  expect(printed).toContain(`night in the crontab of root is the job \`apply ${playbook}\``)
  expect(printed).toMatch(/status 64\n$/)
})

test('systemd itself finds nothing wrong with the units, and reads the words as they were given', async () => {
  const { stdout } = await runProgram(
    [...words, '--when', '*/7 1-5,22 1 * mon', '--splay', '5m', '--systemd'],
    {
      env,
    },
  )
  const units = join(folder, 'units')
  mkdirSync(units)
  for (const part of stdout.split(/^(?=# \/etc\/systemd\/system\/)/m)) {
    const [, name = ''] = /^# \/etc\/systemd\/system\/(\S+)\n/.exec(part) ?? []
    writeFileSync(join(units, name), part)
  }
  const files = ['conntrackctl-raise-50.service', 'conntrackctl-raise-50.timer'].map((name) =>
    join(units, name),
  )
  const verified = await run('systemd-analyze', ['verify', ...files])
  expect(verified.stderr + verified.stdout).toBe('')
  expect(stdout).toContain('RandomizedDelaySec=300\n')
  expect(stdout).not.toContain('--splay')
  // Percent signs and dollars mean nothing any longer.
  expect(stdout).toContain(`apply "${playbook.replace('%', '%%')}"`)
  expect(stdout).toContain(`--extra-vars "a='$$b %%c'" --cron`)
})

test('what would need somebody at a terminal is refused before anything is written', async () => {
  const locked = join(folder, 'locked')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', locked])
  const { exitCode, stdout, stderr } = await runProgram(
    ['schedule', playbook, '-i', 'web01,', '--every', '1h', '--private-key', locked],
    { env: { ...env, SSH_AUTH_SOCK: '/run/nobody', CONNTRACKCTL_PASSWORD: 'of this shell' } },
  )
  expect({ exitCode, stdout }).toEqual({ exitCode: 65, stdout: '' })
  expect(stderr).toContain('--private-key: web01: nobody could log in unattended: ')
  const broken = await runProgram(['schedule', 'no-such.yml', '-i', 'no-such-file', '--every', '1h'], { env })
  expect(broken.exitCode).toBe(65)
  expect(broken.stderr).toContain('no-such.yml')
  expect(broken.stderr).toContain('no-such-file')
})

/** Does cron start a job in the minute of this date? As crontab(5) has it. */
function isDue({ minute, hour, dayOfMonth, month, dayOfWeek }: CronTime, date: Date): boolean {
  const has = ({ values }: { readonly values: readonly number[] }, value: number): boolean =>
    values.includes(value)
  const isDay = has(dayOfMonth, date.getUTCDate())
  const isWeekday = has(dayOfWeek, date.getUTCDay())
  const isEither = !dayOfMonth.isStar && !dayOfWeek.isStar
  return (
    has(minute, date.getUTCMinutes()) &&
    has(hour, date.getUTCHours()) &&
    has(month, date.getUTCMonth() + 1) &&
    (isEither ? isDay || isWeekday : isDay && isWeekday)
  )
}

function field(least: number, most: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: least, max: most })
  const range = fc.tuple(value, value).map((ends) => ends.toSorted((one, other) => one - other).join('-'))
  const step = fc.integer({ min: 1, max: 9 })
  return fc.oneof(
    fc.constant('*'),
    value.map(String),
    range,
    step.map((by) => `*/${by}`),
    fc.tuple(range, step).map(([ends, by]) => `${ends}/${by}`),
    fc.array(value, { minLength: 1, maxLength: 4 }).map((list) => list.join(',')),
  )
}

test('a timer of systemd is due in the very minutes in which cron would be', async () => {
  const fields = fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7))
  const lines = fc.sample(
    fields.map((words_) => words_.join(' ')),
    { numRuns: 80, seed: 20 },
  )
  const base = new Date('2026-02-27T22:50:00Z')
  const times = lines.map(parseCronTime)
  const calendars = times.flatMap((time) => calendarLines(time))
  const { stdout } = await run(
    'systemd-analyze',
    ['calendar', `--base-time=${base.toISOString().slice(0, 19).replace('T', ' ')} UTC`, ...calendars],
    { env: { ...env, TZ: 'UTC' }, maxBuffer: 2 ** 24 },
  )
  const nexts = stdout
    .split(/\n\n/)
    .map((part) => /Next elapse: \w+ (\S+ \S+) UTC/.exec(part)?.[1])
    .map((text) => (text === undefined ? Number.POSITIVE_INFINITY : Date.parse(`${text.replace(' ', 'T')}Z`)))
  expect(nexts).toHaveLength(calendars.length)
  let taken = 0
  for (const time of times) {
    const count = calendarLines(time).length
    const next = Math.min(...nexts.slice(taken, taken + count))
    taken += count
    const date = new Date(base)
    do date.setUTCMinutes(date.getUTCMinutes() + 1)
    while (!isDue(time, date))
    expect(new Date(next).toISOString(), time.text).toBe(date.toISOString())
  }
})

test('a unit may be of a user: only what needs no root is locked down', () => {
  const job = {
    name: 'x',
    time: parseCronTime('@daily'),
    title: 'apply /x.yml',
    words: ['/n', '/c'],
    folder: '/h',
    user: 'u',
    home: '/h',
  }
  const [service] = renderUnits(job, {
    isUserUnit: true,
    isLocal: false,
    writtenFolders: ['/h/s'],
    splaySeconds: 0,
  })
  expect(service.text).toContain('NoNewPrivileges=true')
  expect(service.text).not.toMatch(/^(?:User|ProtectSystem|CapabilityBoundingSet)=/m)
})

test.each([
  ['unix:/run/redis.sock', true],
  ['unix:/tmp/redis.sock', false],
])('a queue at %s is in reach of a unit', (queue, isPrivate) => {
  const time = parseCronTime('@daily')
  const called = { words: ['/n', '/c', '--queue', queue], folder: '/h', user: 'root', home: '/h' }
  const job = { name: 'x', time, title: 'apply /x.yml', ...called }
  const [service] = renderUnits(job, {
    isUserUnit: false,
    isLocal: false,
    writtenFolders: [],
    splaySeconds: 0,
  })
  expect(service.text.includes('PrivateTmp=true')).toBe(isPrivate)
})
