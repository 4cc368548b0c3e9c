/** Columns that count events on one CPU. `entries` is the same on every row and so left out. */
const counters = new Set([
  'drop',
  'early_drop',
  'insert_failed',
  'invalid',
  'search_restart',
  'chainlength',
  'clashres',
])

/**
 * Reads /proc/net/stat/nf_conntrack: a header, then one row of hexadecimal numbers a CPU. The columns
 * differ from kernel to kernel, so they are found by name (nf_conntrack_standalone.c, ct_cpu_seq_show).
 */
export function parseStatistics(lines: readonly string[]): Readonly<Record<string, number>> {
  const [header = '', ...rows] = lines
  const names = header.trim().split(/\s+/)
  const sums: Record<string, number> = {}
  for (const row of rows) {
    const cells = row.trim().split(/\s+/)
    if (cells.length !== names.length || !cells.every((cell) => /^[0-9a-f]{1,16}$/.test(cell))) continue
    names.forEach((name, column) => {
      if (counters.has(name)) sums[name] = (sums[name] ?? 0) + Number.parseInt(cells[column] ?? '0', 16)
    })
  }
  return sums
}
