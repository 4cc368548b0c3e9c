import { initramfsLoad } from '../../kernel/boot/initramfs.ts'
import type { Rule } from '../rule.ts'
import { setsHashsizeBySysctl } from '../settings-at-boot.ts'

/** Says where the module comes from the initramfs, which has a copy of modprobe.d from when it was made. */
export const initramfsCopy: Rule = (wish, facts) => {
  if (!wish.persist || wish.buckets === undefined) return {}
  const { place } = initramfsLoad(facts.boot.files)
  if (place === null) return {}
  const message = `${place.file}:${place.line} has the initramfs load the module, with the hashsize that modprobe.d gave when the initramfs was made`
  const remake = `Run \`${remakeCommand(place.file)}\` there once the run is over, so that it takes the new one`
  return {
    findings: [
      setsHashsizeBySysctl(facts)
        ? {
            code: 'initramfs-copy',
            severity: 'info',
            message: `${message}, until our sysctl sets it`,
            hint: `${remake} from the start.`,
          }
        : { code: 'initramfs-copy', severity: 'warning', message, hint: `${remake}.` },
    ],
  }
}

/** For every kernel on the host: which one boots next is not known. */
function remakeCommand(file: string): string {
  if (file.includes('dracut')) return 'dracut --regenerate-all --force'
  return file.includes('mkinitcpio') ? 'mkinitcpio -P' : 'update-initramfs -u -k all'
}
