import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

/** Debian's cron with a spool of crontabs, an /etc/cron.d, process numbers and a mail system of its own. */
export interface Cron extends AsyncDisposable {
  /** Runs a script in its surroundings. Gives what it printed. Throws when it fails. */
  readonly run: (script: string) => Promise<string>
  /** The mails sent so far, in order. */
  readonly mails: () => readonly string[]
}

/**
 * Starts it under `folder`, which must be empty. It ends with the caller: its process is the first of a namespace of
 * processes, and takes all jobs along. Needs root and the package `cron`; the machine's own cron is not touched.
 */
export async function startCron(folder: string): Promise<Cron> {
  const paths = {
    mails: `${folder}/mails`,
    bin: `${folder}/bin`,
    log: `${folder}/cron.log`,
    ready: `${folder}/ready`,
  }
  mkdirSync(paths.mails)
  mkdirSync(paths.bin)
  // What cron hands its mails to: sendmail, with the mail on standard input.
  writeFileSync(
    `${paths.bin}/sendmail`,
    `#!/bin/sh\nt=$(mktemp '${paths.mails}/.XXXXXX') && cat >"$t" && mv "$t" '${paths.mails}'/"$(date +%s%N)"\n`,
  )
  chmodSync(`${paths.bin}/sendmail`, 0o755)
  writeFileSync(
    `${folder}/init`,
    `set -e
mount --make-rprivate /
mount -t tmpfs -o mode=1730 none /var/spool/cron/crontabs
chgrp crontab /var/spool/cron/crontabs
mount -t tmpfs -o mode=755 none /etc/cron.d
: >'${folder}/empty'
mount --bind '${folder}/empty' /etc/crontab
mount -t tmpfs -o mode=755 none /run
mount -t overlay -o 'lowerdir=${paths.bin}:/usr/sbin' none /usr/sbin
: >'${paths.ready}'
exec cron -f
`,
  )
  const child = spawn(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', `${folder}/init`],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    },
  )
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  for (let tries = 0; !existsSync(paths.ready); tries += 1) {
    if (tries > 200 || child.exitCode !== null) throw new Error(`cron did not start: ${said}`)
    await setTimeout(50)
  }
  const pid = await firstProcessOf(child)
  return {
    run: (script) => inside(pid, script),
    mails: () =>
      readdirSync(paths.mails)
        .filter((name) => !name.startsWith('.'))
        .toSorted((one, other) => one.localeCompare(other))
        .map((name) => readFileSync(`${paths.mails}/${name}`, 'utf8')),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null)
        await new Promise((resolve) => void child.once('close', resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** unshare's one child is cron. */
async function firstProcessOf({ pid }: ChildProcess): Promise<number> {
  for (;;) {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    if (first !== undefined && first !== '') return Number(first)
    await setTimeout(20)
  }
}

function inside(pid: number, script: string): Promise<string> {
  const child = spawn('nsenter', ['-t', `${pid}`, '-m', '-p', 'sh', '-ec', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LOGNAME: 'root' },
  })
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(text.stdout) : reject(new Error(`status ${code}: ${text.stderr}${text.stdout}`)),
    )
  })
}
