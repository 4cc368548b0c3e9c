import { describe } from 'vitest'
import { scriptContract } from '../embedded/host/script-contract.ts'
import { watchScriptContract } from '../embedded/host/watch-script.ts'

/** Shells that stand behind /bin/sh somewhere; Debian's packages dash, busybox-static and ksh. */
describe.each([['dash'], ['busybox', 'sh'], ['ksh93']] as const)('%s %s', (...shell) => {
  scriptContract([...shell])
  watchScriptContract([...shell])
})
