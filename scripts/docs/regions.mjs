const region = /(<!-- generated: ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g

/** `page` with each `<!-- generated: NAME -->` … `<!-- end -->` filled anew; notes the names in `used`. */
export function fillRegions(page, regions, path, used) {
  return page.replaceAll(region, (_, begin, name, end) => {
    if (!Object.hasOwn(regions, name)) throw new Error(`${path}: nothing is generated under the name ${name}`)
    used.add(name)
    return `${begin}\n${regions[name].trim()}\n\n${end}`
  })
}

/** Are two texts the same, but for what differs between two runs of the program on the same hosts? */
export function isSameRun(one, other) {
  return withoutChance(one) === withoutChance(other)
}

function withoutChance(text) {
  return text
    .replaceAll(/\d{8}T\d{6}Z-[0-9a-f]{4}/g, 'RUN')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME')
    .replaceAll(/\b\d+\.\d s\b/g, 'SECONDS')
    .replaceAll(/\b127\.\d+\.\d+\.\d+\b( port \d+)?/g, 'ADDRESS')
}

/** A Markdown table; the cells are Markdown already. */
export function table(head, rows) {
  const line = (cells) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** A fenced block of code or output. */
export function fenced(text, language = 'text') {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``
}
