import { describe } from 'vitest'
import { scriptContract } from '../embedded/host/script-contract.ts'
import { watchScriptContract } from '../embedded/host/watch-script.ts'

/** The shells that stand behind /bin/sh somewhere; Debian's packages dash, bash, busybox-static, mksh and ksh. */
describe.each([['dash'], ['bash'], ['busybox', 'sh'], ['mksh'], ['ksh93']] as const)('%s %s', (...shell) => {
  scriptContract([...shell])
  watchScriptContract([...shell])
})
