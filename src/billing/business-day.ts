const DAY_MS = 86_400_000
/** Nairobi is three hours ahead of UTC all year; M-PESA's days are Nairobi's. */
const AHEAD_MS = 3 * 3_600_000

/** `2026-11-24`: the day on which M-PESA books what happens at that moment. */
export const businessDayOf = (timeMs: number): string => new Date(timeMs + AHEAD_MS).toISOString().slice(0, 10)

/** The first moment of a business day, and the first of the next. */
export function boundsOf(day: string): { fromMs: number; untilMs: number } {
  const fromMs = Date.parse(`${day}T00:00:00Z`) - AHEAD_MS
  return { fromMs, untilMs: fromMs + DAY_MS }
}

export const dayAfter = (day: string): string => businessDayOf(boundsOf(day).untilMs)
