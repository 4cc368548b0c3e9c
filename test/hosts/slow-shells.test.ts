import { describe } from 'vitest'
import { scriptContract } from '../embedded/host/script-contract.ts'
import { watchScriptContract } from '../embedded/host/watch-script.ts'

/** The rest of the shells that stand behind /bin/sh somewhere: those that take longest, so that two can share the work. */
describe.each([['bash'], ['mksh']] as const)('%s', (...shell) => {
  scriptContract([...shell])
  watchScriptContract([...shell])
})
