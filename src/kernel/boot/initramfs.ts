import type { BootFile, BootSystem } from './boot-system.ts'
import type { Place } from './boot-prediction.ts'

/** Does the initramfs load conntrack, and which line says so? */
export interface InitramfsLoad {
  readonly loads: BootSystem['initramfsLoads']
  readonly place: Place | null
}

/** What a line of the configuration of each generator has that makes its initramfs load conntrack. */
const loaders: readonly { readonly file: RegExp; readonly line: RegExp }[] = [
  // initramfs-tools, hook-functions add_modules_from_file: a module a line, its options behind it.
  { file: /^\/etc\/initramfs-tools\/modules$/, line: /^\s*(?:nf|ip)_conntrack\w*(?:\s|$)/ },
  // mkinitcpio.conf(5), MODULES: "modules to be loaded before any boot hooks are run".
  { file: /^\/etc\/mkinitcpio\.conf$/, line: /^\s*MODULES\+?=.*\b(?:nf|ip)_conntrack/ },
  // dracut.conf(5), force_drivers: loaded early, where add_drivers only puts them in.
  { file: /^\/etc\/dracut\.conf(?:\.d\/.*)?$/, line: /^\s*force_drivers\+?=.*\b(?:nf|ip)_conntrack/ },
]

/** Those that load nothing of their own: where one of them makes the initramfs, silence means no. */
const thorough = new Set(['/etc/initramfs-tools/modules', '/etc/mkinitcpio.conf'])

/** Reads the files of the host's initramfs generator. Without any of them nobody knows. */
export function initramfsLoad(files: readonly BootFile[]): InitramfsLoad {
  for (const { path, lines } of files) {
    const loader = loaders.find(({ file }) => file.test(path))
    const found = loader && lines.find(({ text }) => loader.line.test(text))
    if (found !== undefined) return { loads: 'yes', place: { file: path, line: found.line } }
  }
  const isTold = files.some(({ path, kind }) => kind === 'file' && thorough.has(path))
  return { loads: isTold ? 'no' : 'unknown', place: null }
}
