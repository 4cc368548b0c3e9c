import { table } from './regions.mjs'
import { ourModule } from '../our-module.mjs'

/** The reference of inventories: the variables that count. */
export async function inventoryRegions() {
  const { connectionVariables } = await ourModule('inventory/connection-variables.ts')
  return {
    'connection-variables': table(
      ['variable', 'meaning', 'else'],
      connectionVariables.map(({ names, meaning, otherwise }) => [
        names.map((name) => `\`${name}\``).join(', '),
        meaning,
        otherwise,
      ]),
    ),
  }
}
