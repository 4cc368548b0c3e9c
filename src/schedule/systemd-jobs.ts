import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../problem.ts'
import { writeAtomically } from '../record/atomic-write.ts'
import { makeFolder } from '../record/make-folder.ts'
import { type JobStore, type ListedJob, nameTaken } from './job-store.ts'
import { runTool } from './run-tool.ts'
import type { ScheduledJob } from './scheduled-job.ts'
import { renderUnits, type ServiceNeeds, type Unit, unitMark } from './unit-texts.ts'

/** Where the units go, and how systemd is told of them. */
export interface UnitPlace {
  readonly folder: string
  /** A user's own manager instead of the machine's. */
  readonly isUser: boolean
  /** There when systemd runs. */
  readonly runFolder: string
}

/** A service and a timer a job. Both are written whole, and taken back where systemd does not take them. */
export function systemdJobs(place: UnitPlace, needs: ServiceNeeds): JobStore {
  const pathOf = (unit: string): string => join(place.folder, unit)
  const systemctl = async (...words: string[]): Promise<void> => {
    const all = place.isUser ? ['--user', ...words] : words
    const { status, stderr } = await runTool('systemctl', all)
    if (status !== 0)
      throw new UsageError(`systemctl ${all.join(' ')} failed: ${stderr.trim() || `status ${status}`}`)
  }
  const read = (unit: string): Promise<string | null> => readFile(pathOf(unit), 'utf8').catch(() => null)
  const restore = async (units: readonly Unit[], before: readonly (string | null)[]): Promise<void> => {
    for (const [index, { name }] of units.entries()) {
      const text = before[index] ?? null
      if (text === null) await rm(pathOf(name), { force: true })
      else await writeAtomically(pathOf(name), text, 0o644)
    }
  }
  return {
    render: (job) =>
      renderUnits(job, needs)
        .map(({ name, text }) => `# ${pathOf(name)}\n${text}`)
        .join('\n'),
    install: async (job: ScheduledJob) => {
      refuseWithoutSystemd(place)
      const units = renderUnits(job, needs)
      const [service, timer] = units
      const before = [await read(service.name), await read(timer.name)]
      const title = before[0] === null ? null : titleOf(before[0] ?? '')
      if (before[0] !== null && title === null)
        throw new UsageError(`${pathOf(service.name)} is not ours: give this job another name with --name`)
      if (title !== null && title !== job.title) throw nameTaken(job.name, pathOf(service.name), title)
      const isSame = units.every(({ text }, index) => before[index] === text)
      const did = isSame ? 'unchanged' : before[0] === null ? 'installed' : 'replaced'
      try {
        await mkdir(place.folder, { recursive: true })
        for (const folder of needs.writtenFolders) await makeFolder(folder)
        if (!isSame) for (const { name, text } of units) await writeAtomically(pathOf(name), text, 0o644)
        await systemctl('daemon-reload')
        // Also where nothing was written: somebody may have stopped it.
        await systemctl('enable', timer.name)
        await systemctl(isSame ? 'start' : 'restart', timer.name)
      } catch (error) {
        if (!isSame) await restore(units, before)
        await systemctl('daemon-reload').catch(() => {})
        throw asUsageError(error, place)
      }
      return { place: pathOf(timer.name), did }
    },
    remove: async (name) => {
      const [service, timer] = [`conntrackctl-${name}.service`, `conntrackctl-${name}.timer`]
      const texts = [await read(service), await read(timer)]
      if (texts.every((text) => text === null)) return false
      if (texts.some((text) => text !== null && !text.startsWith(unitMark)))
        throw new UsageError(`${pathOf(service)} is not ours: whoever wrote it has to remove it`)
      // A run that is under way ends by itself.
      if (existsSync(place.runFolder)) await systemctl('disable', '--now', timer)
      try {
        for (const unit of [timer, service]) await rm(pathOf(unit), { force: true })
      } catch (error) {
        throw asUsageError(error, place)
      }
      if (existsSync(place.runFolder)) await systemctl('daemon-reload')
      return true
    },
    list: async () => {
      const jobs: ListedJob[] = []
      const names = await readdir(place.folder).catch(() => [])
      for (const unit of names) {
        const [, name] = /^conntrackctl-([A-Za-z0-9_-]+)\.timer$/.exec(unit) ?? []
        const text = name === undefined ? null : await read(unit)
        if (name === undefined || text?.startsWith(unitMark) !== true) continue
        const when = [...text.matchAll(/^OnCalendar=(.+)$/gm)].map(([, calendar]) => calendar ?? '')
        const title = titleOf((await read(`conntrackctl-${name}.service`)) ?? '') ?? ''
        jobs.push({ name, kind: 'systemd', place: pathOf(unit), title, when: when.join(', ') })
      }
      return jobs
    },
  }
}

function titleOf(service: string): string | null {
  if (!service.startsWith(unitMark)) return null
  return /^Description=conntrackctl (.*)$/m.exec(service)?.[1]?.replaceAll('%%', '%') ?? null
}

function refuseWithoutSystemd({ runFolder, isUser }: UnitPlace): void {
  if (existsSync(runFolder)) return
  throw new UsageError(
    isUser
      ? 'no systemd of this user is running, so no timer can be installed: log in as that user, or use a crontab (without --systemd)'
      : 'this machine was not started by systemd, so no timer can be installed: use a crontab (without --systemd)',
  )
}

function asUsageError(error: unknown, { folder }: UnitPlace): UsageError {
  if (error instanceof UsageError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const remedy = code === 'EACCES' || code === 'EPERM' ? 'run it as root' : 'see to that, and try again'
  return new UsageError(`${folder}: ${message}; ${remedy}`, { cause: error })
}
