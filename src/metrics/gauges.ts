const names = ['loopDelayP50Ms', 'loopDelayP99Ms', 'commitP50Ms', 'commitP99Ms'] as const

export type GaugeName = (typeof names)[number]
/** Null: not measured yet, or nothing to measure. */
export type Gauges = Readonly<Record<GaugeName, number | null>>

/** Memory that all threads see: each writes what it measures of itself, and one reports it. */
export type GaugeBoard = SharedArrayBuffer

export function openGaugeBoard(): GaugeBoard {
  const board = new SharedArrayBuffer(names.length * Float64Array.BYTES_PER_ELEMENT)
  new Float64Array(board).fill(Number.NaN)
  return board
}

export function setGauges(board: GaugeBoard, values: Partial<Gauges>): void {
  const cells = new Float64Array(board)
  for (const [name, value] of Object.entries(values)) cells[names.indexOf(name as GaugeName)] = value ?? Number.NaN
}

export function readGauges(board: GaugeBoard): Gauges {
  const cells = new Float64Array(board)
  return Object.fromEntries(
    names.map((name, at) => [name, Number.isNaN(cells[at]) ? null : Math.round((cells[at] ?? 0) * 100) / 100]),
  ) as unknown as Gauges
}
