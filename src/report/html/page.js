// The table of hosts: sorts, filters, searches, and opens rows. Text is only ever set as text.
'use strict'
{
  const { texts, rows } = JSON.parse(document.getElementById('data').textContent)
  const body = document.getElementById('rows')
  const lines = [...body.rows]
  const search = document.getElementById('search')
  const onlyFull = document.getElementById('only-full')
  const tools = document.querySelector('.tools')
  const shown = document.querySelector('.shown')
  const none = document.getElementById('none')
  const heads = [...document.querySelectorAll('.host-table thead th')]
  const graveFirst = [
    'failed',
    'unreachable',
    'unknown',
    'unsupported',
    'pending',
    'changed',
    'skipped',
    'ok',
  ]

  /** An element with a class and children, each an element or text. */
  const make = (tag, name, ...children) => {
    const element = document.createElement(tag)
    if (name) element.className = name
    element.append(...children)
    return element
  }

  const values = {
    host: ({ host }) => host,
    status: ({ status }) => graveFirst.indexOf(texts[status]),
    kernel: ({ kernel }) => texts[kernel],
    changes: ({ changes }) => changes.length,
    findings: ({ findings }) => findings.filter(([severity]) => texts[severity] !== 'info').length,
  }
  const valueOf = (row, key) => (values[key] ? values[key](row) : row[key])
  const names = new Intl.Collator('en', { numeric: true })
  const compare = (one, other) =>
    typeof one === 'string' ? names.compare(one, other) : (one ?? -1) - (other ?? -1)

  /** Puts the rows in order by a column; numbers begin with the largest. */
  const sortBy = (head) => {
    const { key } = head.dataset
    const isText = key === 'host' || key === 'kernel' || key === 'status'
    const before = head.getAttribute('aria-sort')
    const order =
      before === null
        ? isText
          ? 'ascending'
          : 'descending'
        : before === 'ascending'
          ? 'descending'
          : 'ascending'
    for (const other of heads) other.removeAttribute('aria-sort')
    head.setAttribute('aria-sort', order)
    const sign = order === 'ascending' ? 1 : -1
    const sorted = rows.map((row, index) => ({ index, value: valueOf(row, key) }))
    sorted.sort((one, other) => sign * compare(one.value, other.value) || one.index - other.index)
    const fragment = document.createDocumentFragment()
    for (const { index } of sorted) {
      fragment.append(lines[index])
      if (opened.has(index)) fragment.append(opened.get(index))
    }
    body.append(fragment)
  }

  const searchable = []
  const wordsOf = (index) => {
    searchable[index] ??= [
      rows[index].host,
      texts[rows[index].status],
      texts[rows[index].kernel],
      texts[rows[index].play],
      ...(rows[index].error ?? []).map((text) => texts[text]),
      ...rows[index].findings.flatMap(([, code, message]) => [texts[code], texts[message]]),
    ]
      .join(' ')
      .toLowerCase()
    return searchable[index]
  }

  /** Shows the rows that have all words, one of the statuses, and are as full as asked. */
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
    const wanted = new Set([...tools.querySelectorAll('[name=status]:checked')].map(({ value }) => value))
    let count = 0
    for (const [index, line] of lines.entries()) {
      const row = rows[index]
      const fits =
        (wanted.size === 0 || wanted.has(texts[row.status])) &&
        (!onlyFull.checked || row.used >= 0.75) &&
        words.every((word) => wordsOf(index).includes(word))
      line.hidden = !fits
      if (opened.has(index)) opened.get(index).hidden = !fits
      if (fits) count += 1
    }
    shown.textContent =
      count === rows.length ? `${count} ${count === 1 ? 'row' : 'rows'}` : `${count} of ${rows.length} rows`
    none.hidden = count > 0
  }

  const opened = new Map()

  const details = (row) => {
    const cell = make('td', '')
    cell.colSpan = heads.length
    if (row.error) {
      const [kind, stage, message, hint] = row.error.map((text) => texts[text])
      cell.append(
        make(
          'p',
          'error',
          make('code', '', kind),
          ` at ${stage}: ${message}`,
          make('br'),
          make('span', 'hint', hint),
        ),
      )
    }
    const facts = [
      ...(row.memory === null ? [] : [`full: ${texts[row.memory]}`]),
      ...(row.kernel === null || texts[row.kernel] === '' ? [] : [`kernel ${texts[row.kernel]}`]),
      ...row.statistics.filter(([, value]) => value > 0).map(([name, value]) => `${texts[name]} ${value}`),
    ]
    if (facts.length > 0) cell.append(make('p', 'hint', facts.join(' · ')))
    if (row.told.length > 0)
      cell.append(make('ul', 'told', ...row.told.map((text) => make('li', '', texts[text]))))
    if (row.changes.length > 0) cell.append(changesTable(row.changes))
    for (const [severity, code, message, hint] of row.findings)
      cell.append(
        make(
          'p',
          `finding ${texts[severity]}`,
          make('code', '', texts[code]),
          ` ${texts[message]}`,
          make('br'),
          make('span', 'hint', texts[hint]),
        ),
      )
    if (row.trend.filter((share) => share !== null).length > 1)
      cell.append(make('p', 'hint', 'Share of max in use, by run:'), spark(row.trend))
    if (!cell.hasChildNodes()) cell.append(make('p', 'empty', 'Nothing to tell.'))
    const line = make('tr', 'more', cell)
    return line
  }

  const changesTable = (changes) => {
    const table = make('table', 'changes')
    const head = make('tr')
    for (const title of ['what', 'before and after', 'state', 'why']) {
      const cell = make('th', '', title)
      cell.scope = 'col'
      head.append(cell)
    }
    table.append(make('thead', '', head))
    const list = make('tbody')
    for (const [what, how, state, reason, diff] of changes) {
      const name = make('th', '', make('code', '', texts[what]))
      name.scope = 'row'
      const change = make('td', '', texts[how])
      if (diff !== null && texts[diff] !== '') change.append(diffBlock(texts[diff]))
      list.append(make('tr', '', name, change, make('td', '', texts[state]), make('td', '', texts[reason])))
    }
    table.append(list)
    const scroll = make('div', 'scroll', table)
    scroll.tabIndex = 0
    scroll.setAttribute('role', 'group')
    scroll.setAttribute('aria-label', 'Changes')
    return scroll
  }

  const diffBlock = (text) => {
    const classes = { '+': 'new', '-': 'gone', '@': 'hunk' }
    return make(
      'pre',
      'diff',
      ...text.split('\n').map((line) => make('span', classes[line[0]] ?? 'same', line)),
    )
  }

  const spark = (trend) => {
    const space = 'http://www.w3.org/2000/svg'
    const picture = document.createElementNS(space, 'svg')
    const line = document.createElementNS(space, 'polyline')
    const top = Math.max(1000, ...trend.map((share) => share ?? 0))
    const points = trend.flatMap((share, index) =>
      share === null
        ? []
        : [`${((index / (trend.length - 1)) * 100).toFixed(1)},${(28 - (share / top) * 26).toFixed(1)}`],
    )
    line.setAttribute('points', points.join(' '))
    picture.setAttribute('class', 'spark')
    picture.setAttribute('viewBox', '0 0 100 28')
    picture.setAttribute('preserveAspectRatio', 'none')
    picture.setAttribute('role', 'img')
    picture.setAttribute(
      'aria-label',
      `From ${(trend.find((share) => share !== null) / 10).toFixed(0)} to ${(trend.findLast((share) => share !== null) / 10).toFixed(0)} percent over ${points.length} runs`,
    )
    picture.append(line)
    return picture
  }

  const toggle = (index, button) => {
    const isOpen = opened.has(index)
    button.setAttribute('aria-expanded', String(!isOpen))
    if (isOpen) {
      opened.get(index).remove()
      opened.delete(index)
      return
    }
    const line = details(rows[index])
    opened.set(index, line)
    lines[index].after(line)
  }

  for (const head of heads) {
    const button = make('button', '', head.textContent)
    button.type = 'button'
    button.addEventListener('click', () => sortBy(head))
    head.replaceChildren(button)
  }
  for (const [index, line] of lines.entries()) {
    const name = line.querySelector('.name')
    const button = make('button', '', name.textContent)
    button.type = 'button'
    button.setAttribute('aria-expanded', 'false')
    button.addEventListener('click', () => toggle(index, button))
    name.replaceChildren(button)
  }
  tools.addEventListener('input', filter)
  tools.addEventListener('submit', (event) => event.preventDefault())
  for (const tile of document.querySelectorAll('a.tile'))
    tile.addEventListener('click', () => {
      for (const box of tools.querySelectorAll('[name=status]'))
        box.checked = box.value === tile.dataset.status
      filter()
    })
  tools.hidden = false

  // On paper nothing can be unfolded.
  const folded = () => document.querySelectorAll('.outcome:not([open])')
  let unfolded = []
  window.addEventListener('beforeprint', () => {
    unfolded = [...folded()]
    for (const entry of unfolded) entry.open = true
  })
  window.addEventListener('afterprint', () => {
    for (const entry of unfolded) entry.open = false
  })
}
