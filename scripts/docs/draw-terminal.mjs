const fontPixels = 13
const columnPixels = 7.83
const linePixels = 18
const margin = 16

/** One palette, on a ground of its own: it reads the same on a light and on a dark page. */
const colors = {
  ground: '#16191f',
  border: '#3b4252',
  text: '#d8dee9',
  bold: '#ffffff',
  dim: '#8b95a7',
  red: '#ff7b7b',
  green: '#8fd18f',
  yellow: '#f2cc60',
  magenta: '#d7a5ff',
  cyan: '#7fd1de',
}
const codes = { 1: 'bold', 2: 'dim', 31: 'red', 32: 'green', 33: 'yellow', 35: 'magenta', 36: 'cyan' }

/** A terminal with these lines (text with ANSI colours) as an SVG. */
export function drawTerminal(lines) {
  while (lines.at(-1) === '') lines.pop()
  const runs = lines.map(colorRuns)
  const widest = Math.max(...runs.map((parts) => parts.reduce((sum, { text }) => sum + text.length, 0)))
  const width = Math.ceil(widest * columnPixels + 2 * margin)
  const height = lines.length * linePixels + 2 * margin
  const rows = runs.map((parts, index) => row(parts, margin + (index + 1) * linePixels - 5)).filter(Boolean)
  const classes = Object.values(codes).map((name) => `.${name}{fill:${colors[name]}}`)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">`,
    '<title id="title">A terminal: conntrackctl apply on eight hosts, then once more</title>',
    `<style>text{font:${fontPixels}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:${colors.text};white-space:pre}.bold{font-weight:bold}${classes.join('')}</style>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="${colors.ground}" stroke="${colors.border}"/>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n')
}

/** Each run of a colour stands at its own column, so that another font does not shift what follows. */
function row(parts, y) {
  let column = 0
  const texts = []
  for (const { text, color } of parts) {
    const start = column + (text.length - text.trimStart().length)
    column += text.length
    if (text.trim() === '') continue
    const x = (margin + start * columnPixels).toFixed(1)
    texts.push(`<tspan x="${x}"${color === null ? '' : ` class="${color}"`}>${escape(text.trim())}</tspan>`)
  }
  return texts.length === 0 ? '' : `<text y="${y}" xml:space="preserve">${texts.join('')}</text>`
}

/** Columns of a table are two blanks apart: their cells are runs of their own, too. */
function colorRuns(line) {
  const runs = []
  let color = null
  for (const part of line.split(/(\u001b\[\d+m)/)) {
    const code = /^\u001b\[(\d+)m$/.exec(part)?.[1]
    if (code !== undefined) color = codes[code] ?? null
    else for (const text of part.split(/(?<=\S {2,})(?=\S)/)) if (text !== '') runs.push({ text, color })
  }
  return runs
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
