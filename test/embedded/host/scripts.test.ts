import { scriptContract } from './script-contract.ts'

scriptContract(['/bin/sh'])
