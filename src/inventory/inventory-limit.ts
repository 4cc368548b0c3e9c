import type { TextLimit } from '../yaml/read-text.ts'

/** An inventory of 100,000 hosts has a tenth of that; what is longer is some other file. */
export const inventoryLimit: TextLimit = { mebibytes: 16, remedy: 'give an inventory or a vars file' }
