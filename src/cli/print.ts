/** What a command has to say: JSON for programs, or lines for people. */
export function print(asJson: boolean | undefined, data: unknown, lines: () => readonly string[]): void {
  process.stdout.write(asJson ? `${JSON.stringify(data, null, 2)}\n` : `${lines().join('\n')}\n`)
}

type Cell = string | number | null | undefined

/** The same as `table`, and a sentence where there is no row. */
export const tableOr = (sentence: string, heads: readonly string[], rows: readonly (readonly Cell[])[]): string[] =>
  rows.length === 0 ? [sentence] : table(heads, rows)

/** Columns under their heads; numbers to the right. */
export function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const textOf = (cell: Cell) => (cell === null || cell === undefined ? '-' : String(cell))
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => textOf(row[at]).length)))
  const isNumber = heads.map((_, at) => rows.every((row) => typeof row[at] !== 'string'))
  const line = (cells: readonly Cell[]) =>
    cells
      .map((cell, at) => (isNumber[at] ? textOf(cell).padStart(widths[at] ?? 0) : textOf(cell).padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(heads), ...rows.map(line)]
}
