import type { Machine } from './machine.ts'

export interface Goal {
  name: string
  value: number
  goal: number
  better: 'lower' | 'higher'
  ok: boolean
}

export interface Report {
  bench: string
  machine: Machine
  results: readonly object[]
  goals: readonly Goal[]
}

export function atMost(name: string, value: number, goal: number): Goal {
  return { name, value: rounded(value), goal, better: 'lower', ok: value <= goal }
}

export function atLeast(name: string, value: number, goal: number): Goal {
  return { name, value: rounded(value), goal, better: 'higher', ok: value >= goal }
}

/** Three digits are more than the noise leaves. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

/** Numbers to the right, text to the left; an undefined cell was not measured. */
export function printTable(
  heads: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
): void {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? String(rounded(cell)) : (cell ?? '-'))))
  const widths = heads.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column]?.length ?? 0)))
  const isNumber = heads.map((_, column) => rows.some((row) => typeof row[column] === 'number'))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  say([line(heads), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n'))
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** How far it is, for the one who waits; not part of the report. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** The machine, the goals, and for machines one last line. */
export function printReport({ bench, machine, results, goals }: Report, json: boolean): void {
  const { cpu, cores, memory_mb, system, node, load, fsync_p50_ms } = machine
  say('')
  for (const { name, value, goal, better, ok } of goals)
    say(`${ok ? 'met   ' : 'MISSED'}  ${name}: ${value} (goal: at ${better === 'lower' ? 'most' : 'least'} ${goal})`)
  say(
    `\n${cores} x ${cpu}, ${memory_mb} MB, ${system}, Node ${node}, load ${load} before, fsync p50 ${fsync_p50_ms} ms`,
  )
  if (json) say(JSON.stringify({ bench, machine, results, goals }))
}
