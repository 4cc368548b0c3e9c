import { fenced, table } from './regions.mjs'
import { ourModule } from '../our-module.mjs'

/** The reference of the command line, from the definitions that the program itself parses with. */
export async function commandRegions() {
  const { createProgram } = await ourModule('commands/program.ts')
  const { exitCodes } = await ourModule('exit-codes.ts')
  const { guards } = await ourModule('plan/rule.ts')
  const program = createProgram({ version: '' }, () => {})
  const help = program.createHelp()
  const commands = help.visibleCommands(program).filter((command) => command.name() !== 'help')
  const options = new Map(commands.map((command) => [command, help.visibleOptions(command).filter(isOwn)]))
  const shared = options.get(commands.find((command) => command.name() === 'verify'))
  const hasShared = (command) => shared.every(({ flags }) => flagsOf(options.get(command)).includes(flags))
  const family = commands.filter(hasShared).map((command) => `\`${command.name()}\``)

  const section = (command) => {
    const own = hasShared(command)
      ? options.get(command).filter(({ flags }) => !flagsOf(shared).includes(flags))
      : options.get(command)
    const words = help
      .visibleArguments(command)
      .map((argument) => [code(argument.name()), argument.description])
    return [
      `### ${command.name()}`,
      sentence(command.description()),
      fenced(`conntrackctl ${command.name()} ${command.usage()}`),
      ...(words.length === 0 ? [] : [table(['argument', ''], words)]),
      ...(own.length === 0 ? [] : [optionTable(own)]),
      ...(hasShared(command) ? ['And the [options of a run](#options-of-a-run).'] : []),
    ]
  }
  const groups = [...new Set(shared.map(groupOf))]
  return {
    commands: [
      table(
        ['command', 'does'],
        commands.map((command) => [`[\`${command.name()}\`](#${command.name()})`, command.description()]),
      ),
      ...commands.flatMap(section),
    ].join('\n\n'),
    'run-options': [
      `${family.slice(0, -1).join(', ')} and ${family.at(-1)} take these.`,
      ...groups.flatMap((name) => [
        `**${name.replace(/:$/, '')}**`,
        optionTable(shared.filter((option) => groupOf(option) === name)),
      ]),
    ].join('\n\n'),
    guards: table(
      ['guard', 'refuses'],
      Object.entries(guards).map(([name, what]) => [code(name), what]),
    ),
    'exit-codes': table(
      ['status', 'means'],
      Object.values(exitCodes).map(({ code: status, meaning }) => [String(status), meaning]),
    ),
  }
}

function isOwn({ long }) {
  return long !== '--help'
}

function flagsOf(options) {
  return options.map(({ flags }) => flags)
}

function groupOf({ helpGroupHeading }) {
  return helpGroupHeading ?? 'Options:'
}

function optionTable(options) {
  return table(
    ['option', 'meaning', 'default'],
    options.map((option) => [code(option.flags), describe(option), defaultOf(option)]),
  )
}

function describe({ description, argChoices }) {
  return argChoices === undefined ? description : `${description}: ${argChoices.map(code).join(', ')}`
}

function defaultOf({ defaultValue, required, optional }) {
  const takesNothing = !required && !optional
  const isNothing = defaultValue === undefined || (Array.isArray(defaultValue) && defaultValue.length === 0)
  return takesNothing || isNothing ? '' : code(String(defaultValue))
}

function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function code(text) {
  return `\`${text}\``
}
