import type { BootFile } from './boot-system.ts'
import { filesIn, hiddenFiles } from './effective-files.ts'
import { systemdFolders } from './systemd-sysctl.ts'

/** /etc/sysctl.conf, when it is there. */
export function sysctlConf(files: readonly BootFile[]): readonly BootFile[] {
  return files.filter(({ path }) => path === '/etc/sysctl.conf')
}

/** `[ -f … ]`: a link to /dev/null is no file for the shell, and so masks nothing. */
function isFile({ kind }: BootFile): boolean {
  return kind === 'file' || kind === 'unreadable'
}

/** aports main/openrc/sysctl.initd: the vendor's, /etc, sysctl.conf, /run; namesakes give way to later folders. */
export function alpineFiles(files: readonly BootFile[]): readonly BootFile[] {
  const real = files.filter(isFile)
  const folder = (path: string): readonly BootFile[] => filesIn(real, path, systemdFolders)
  const names = (path: string): ReadonlySet<string> =>
    new Set(folder(path).map((file) => file.path.slice(path.length)))
  const without = (path: string, ...later: readonly string[]): readonly BootFile[] =>
    folder(path).filter((file) => !later.some((other) => names(other).has(file.path.slice(path.length))))
  return [
    ...without('/lib/sysctl.d', '/etc/sysctl.d', '/run/sysctl.d'),
    ...without('/usr/lib/sysctl.d', '/etc/sysctl.d', '/run/sysctl.d'),
    ...without('/etc/sysctl.d', '/run/sysctl.d'),
    ...sysctlConf(real),
    ...folder('/run/sysctl.d'),
  ]
}

/** initscripts, functions apply_sysctl: the vendor's, /run, /etc, sysctl.conf. */
export function redHatFiles(files: readonly BootFile[]): readonly BootFile[] {
  const real = files.filter(isFile)
  const folders = { ...systemdFolders, paths: ['/etc/sysctl.d', '/run/sysctl.d', '/usr/lib/sysctl.d'] }
  const hidden = new Set(hiddenFiles(real, folders).map(({ file }) => file))
  const shown = (path: string): readonly BootFile[] =>
    filesIn(real, path, systemdFolders).filter((file) => !hidden.has(file))
  return folders.paths.toReversed().flatMap(shown).concat(sysctlConf(real))
}

/** base-files init.d/sysctl. */
export function openWrtFiles(files: readonly BootFile[]): readonly BootFile[] {
  const real = files.filter(isFile)
  return [...filesIn(real, '/etc/sysctl.d', systemdFolders), ...sysctlConf(real)]
}
