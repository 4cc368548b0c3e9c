import type { Command } from 'commander'
import { readAnsibleConfig } from '../inventory/ansible-config.ts'
import { InputError } from '../problem.ts'
import type { Context } from './context.ts'

/** A rollback takes the inventory of the run that it takes back. */
const withOwnInventory = ['rollback']

/**
 * Gives a command the options that `ansible.cfg` or an `ANSIBLE_…` variable sets, where the command line does not. Does
 * nothing for commands that know no hosts. Throws InputError.
 */
export async function applyAnsibleConfig(command: Command, context: Context): Promise<void> {
  const known = new Set(command.options.map((option) => option.attributeName()))
  if (!known.has('inventory') && !known.has('vaultPasswordFile')) return
  const { config, problems, warnings } = await readAnsibleConfig(context)
  for (const warning of warnings) context.stderr.write(`conntrackctl: ${warning}\n`)
  if (problems.length > 0) throw new InputError(problems)

  const set = (option: string, value: unknown): void => {
    const source = command.getOptionValueSource(option)
    const isGiven = source !== undefined && source !== 'default'
    if (value !== undefined && known.has(option) && !isGiven)
      command.setOptionValueWithSource(option, value, 'config')
  }
  if (!withOwnInventory.includes(command.name())) set('inventory', config.inventory)
  set('user', config.user)
  set('keyFile', config.keyFile)
  set('forks', config.forks)
  set('timeout', config.timeoutSeconds)
  if (config.vaultPasswordFile !== undefined && known.has('vaultPasswordFile')) {
    // As in Ansible it is one more, tried after those of the command line.
    const given = command.getOptionValue('vaultPasswordFile') as readonly string[]
    command.setOptionValueWithSource('vaultPasswordFile', [...given, config.vaultPasswordFile], 'config')
  }
  if (config.hostKeyChecking === false) command.setOptionValueWithSource('hostKeyChecking', false, 'config')
}
