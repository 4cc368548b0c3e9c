import { table } from './regions.mjs'
import { ourModule } from '../our-module.mjs'

/** The reference of playbooks: keys from the schema, settings from the table of what Linux has. */
export async function playbookRegions() {
  const { playbookJsonSchema } = await ourModule('playbook/json-schema.ts')
  const { tunables } = await ourModule('kernel/tunables.ts')
  const { presets } = await ourModule('kernel/presets.ts')
  const { formatDuration } = await ourModule('playbook/duration.ts')
  const schema = JSON.parse(playbookJsonSchema())
  const of = (area) => tunables.filter((tunable) => tunable.area === area)

  const amount = ({ unit }, value) =>
    unit === 'seconds'
      ? `${value} (${formatDuration(value)})`.replace(/^(\d+) \(\1s\)$/, '$1')
      : String(value)
  const defaults = (tunable) =>
    [
      amount(tunable, tunable.default),
      ...(tunable.earlierDefaults ?? []).map(
        ({ before, value }) => `before ${before}: ${amount(tunable, value)}`,
      ),
    ].join('; ')
  const row = (tunable) => [
    `\`${tunable.shortName}\``,
    tunable.summary,
    tunable.default === undefined ? 'of the host' : defaults(tunable),
    tunable.unit === 'switch' ? 'true, false' : `${tunable.minimum} to ${tunable.maximum}`,
    kernels(tunable),
    tunable.scope === 'host' ? 'the host' : 'each network namespace',
    tunable.source,
  ]
  return {
    'play-keys': table(['key', 'meaning', 'examples'], keyRows(schema.items, '')),
    presets: table(
      ['preset', 'comes to', 'source'],
      Object.entries(presets).map(([name, { summary, source }]) => [`\`${name}\``, summary, source]),
    ),
    sizes: table(
      ['name', 'meaning', 'unit', 'range', 'kernel key', 'other names', 'read back from'],
      of('size').map((tunable) => [
        `\`${tunable.shortName}\``,
        tunable.summary,
        tunable.unit,
        `${tunable.minimum} to ${tunable.maximum}`,
        `\`${tunable.key}\``,
        tunable.aliases.map((alias) => `\`${alias}\``).join(', '),
        tunable.readBack === undefined ? 'the same file' : `\`${tunable.readBack}\``,
      ]),
    ),
    timeouts: table(
      ['name', 'meaning', 'default, s', 'range, s', 'Linux', 'for', 'source'],
      of('timeout').map(row),
    ),
    options: table(['name', 'meaning', 'default', 'range', 'Linux', 'for', 'source'], of('option').map(row)),
  }
}

/** A row for each key of a mapping, those of mappings in it under their path. Settings of the kernel have own tables. */
function keyRows({ properties, required = [] }, prefix) {
  return Object.entries(properties).flatMap(([name, value]) => {
    const path = `${prefix}${name}`
    const examples = (value.examples ?? []).map((example) => `\`${show(example)}\``).join(', ')
    const necessity = required.includes(name) ? ' Required.' : ''
    const standard = value.default === undefined ? '' : ` Default: \`${show(value.default)}\`.`
    const rows = [[`\`${path}\``, `${value.description}${necessity}${standard}`, examples]]
    const hasOwnTable = path === 'conntrack.timeouts' || path === 'conntrack.options'
    const mappings = hasOwnTable
      ? []
      : [value, ...(value.anyOf ?? [])].filter((form) => form.properties !== undefined)
    return [...rows, ...mappings.flatMap((mapping) => keyRows(mapping, `${path}.`))]
  })
}

function show(value) {
  if (typeof value !== 'object' || value === null) return String(value)
  return `{${Object.entries(value)
    .map(([key, item]) => `${key}: ${show(item)}`)
    .join(', ')}}`
}

function kernels({ since, until }) {
  const parts = [
    ...(since === undefined ? [] : [`since ${since}`]),
    ...(until === undefined ? [] : [`gone in ${until}`]),
  ]
  return parts.join(', ') || 'all'
}
