// @ts-check
const width = 760
const nameWidth = 250
const rowHeight = 22

/**
 * Groups of bars as one SVG, each group with a scale of its own; it follows the reader's light or dark.
 * @param {readonly {title: string, bars: readonly {name: string, value: number}[]}[]} groups
 */
export function barChart(groups) {
  let top = 8
  /** @type {string[]} */
  const shapes = []
  for (const { title, bars } of groups) {
    const most = Math.max(...bars.map(({ value }) => value), 1e-9)
    shapes.push(`<text x="0" y="${top + 15}" class="title">${escaped(title)}</text>`)
    top += rowHeight + 4
    for (const { name, value } of bars) {
      const length = Math.max(1, (value / most) * (width - nameWidth - 70))
      const kind = name.startsWith('conntrackctl') ? 'ours' : 'other'
      shapes.push(
        `<text x="${nameWidth - 8}" y="${top + 14}" class="name">${escaped(name)}</text>`,
        `<rect x="${nameWidth}" y="${top + 3}" width="${length.toFixed(1)}" height="14" rx="2" class="${kind}"/>`,
        `<text x="${(nameWidth + length + 6).toFixed(1)}" y="${top + 14}">${value.toFixed(2)}</text>`,
      )
      top += rowHeight
    }
    top += 14
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" role="img">
<title>How long each contender takes</title>
<style>
text { font: 12px system-ui, sans-serif; fill: #333 }
.title { font-weight: 600 }
.name { text-anchor: end }
.ours { fill: #2c7fb8 }
.other { fill: #a9a9a9 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .ours { fill: #5ab4e6 } .other { fill: #777 } }
</style>
${shapes.join('\n')}
</svg>
`
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
