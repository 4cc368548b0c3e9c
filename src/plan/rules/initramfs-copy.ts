import { initramfsLoad } from '../../kernel/boot/initramfs.ts'
import type { Rule } from '../rule.ts'

/** Says where the module comes from the initramfs, which has a copy of modprobe.d from when it was made. */
export const initramfsCopy: Rule = (wish, facts) => {
  if (!wish.persist || wish.buckets === undefined) return {}
  const { place } = initramfsLoad(facts.boot.files)
  if (place === null) return {}
  return {
    findings: [
      {
        code: 'initramfs-copy',
        severity: 'warning',
        message: `${place.file}:${place.line} has the initramfs load the module, with the hashsize that modprobe.d gave when the initramfs was made`,
        hint: `Run \`${remakeCommand(place.file)}\` there once the run is over, so that it takes the new one.`,
      },
    ],
  }
}

function remakeCommand(file: string): string {
  if (file.includes('dracut')) return 'dracut -f'
  return file.includes('mkinitcpio') ? 'mkinitcpio -P' : 'update-initramfs -u'
}
