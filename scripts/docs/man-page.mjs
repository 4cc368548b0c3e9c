import { ourModule } from '../our-module.mjs'

/** The man page, in mdoc's elder, man(7): from the program's own commands, options, examples and exit statuses. */
export async function manPage() {
  const { createProgram } = await ourModule('commands/program.ts')
  const { examples } = await ourModule('commands/examples.ts')
  const { exitCodes } = await ourModule('exit-codes.ts')
  const program = createProgram({ version: '', cwd: '/', home: '/', env: {} }, () => {})
  const help = program.createHelp()
  const commands = help.visibleCommands(program).filter((command) => command.name() !== 'help')
  const flags = (command) => help.visibleOptions(command).filter(({ long }) => long !== '--help')
  const shared = flags(commands.find((command) => command.name() === 'verify'))
  const names = shared.map((option) => option.flags)
  const sharesAll = (command) => names.every((name) => flags(command).some((own) => own.flags === name))
  const family = commands.filter(sharesAll).map((command) => command.name())

  const option = (one) => item(one.flags, describe(one))
  const section = (command) => {
    const own = sharesAll(command)
      ? flags(command).filter((one) => !names.includes(one.flags))
      : flags(command)
    return [
      `.SS ${text(`${command.name()} ${command.usage()}`)}`,
      body(sentence(command.description())),
      ...own.map(option),
      ...(sharesAll(command) ? ['.PP', body('And the options of a run, below.')] : []),
      ...examples[command.name()].flatMap(({ line, does }) => ['.PP', bold(line), '.br', body(does)]),
    ]
  }
  // The date is one that readers of man pages expect: a fixed one, so that the same program gives the same page.
  return `${[
    '.\\" Made by `npm run docs` from the program itself.',
    '.TH CONNTRACKCTL 1 2026-11-26 conntrackctl "User Commands"',
    '.SH NAME',
    `conntrackctl \\- ${text('keep connection-tracking tables from filling up, on many hosts at once, over SSH')}`,
    '.SH SYNOPSIS',
    '.B conntrackctl',
    '.I command',
    body('[option ...] [argument ...]'),
    '.SH DESCRIPTION',
    body(program.description()),
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH OPTIONS OF A RUN',
    body(`These are taken by ${family.slice(0, -1).join(', ')} and ${family.at(-1)}.`),
    ...shared.map(option),
    '.SH EXIT STATUS',
    ...Object.values(exitCodes).map(({ code, meaning }) => item(String(code), meaning)),
    '.SH SEE ALSO',
    '.BR ssh (1),',
    '.BR ssh_config (5),',
    '.BR sysctl (8),',
    '.BR conntrack (8)',
  ].join('\n')}\n`
}

function describe({ description, argChoices, defaultValue, required, optional }) {
  const choices = argChoices === undefined ? '' : `: ${argChoices.join(', ')}`
  const hasNone = !required && !optional
  const isNothing = defaultValue === undefined || (Array.isArray(defaultValue) && defaultValue.length === 0)
  return sentence(`${description}${choices}${hasNone || isNothing ? '' : ` (default: ${defaultValue})`}`)
}

function item(head, words) {
  return `.TP\n${bold(head)}\n${body(words)}`
}

function bold(words) {
  return `.B ${text(words).replaceAll('"', '\\(dq')}`
}

/** A line of text: one that begins with what roff takes for a request gets a character of no width. */
function body(words) {
  return text(words).replace(/^([.'])/, '\\&$1')
}

function text(words) {
  return words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('…', '...')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
}

function sentence(words) {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`.replace(/\.\.$/, '.')
}
