import { type Language, t } from './texts.ts'

const minute = 60
const hour = 60 * minute
const day = 24 * hour
const week = 7 * day
const month = 30 * day

const noBreak = '\u00a0'

/** A length that is sold: the largest unit that fits without a rest (`1 hour`, `90 minutes`, `1 week`). */
export function packageDuration(language: Language, seconds: number): string {
  for (const size of [month, week, day, hour]) {
    if (seconds >= size && seconds % size === 0) return oneUnit(language, seconds / size, size)
  }
  return oneUnit(language, Math.max(1, Math.round(seconds / minute)), minute)
}

/** Time that is left, in its two largest units (`2 days 3 hours`), never rounded up and never below a minute. */
export function timeLeft(language: Language, seconds: number): string {
  const sizes = [day, hour, minute]
  const first = sizes.findIndex((size) => seconds >= size)
  const size = sizes[first]
  if (size === undefined) return oneUnit(language, 1, minute)
  const text = oneUnit(language, Math.floor(seconds / size), size)
  const nextSize = sizes[first + 1]
  const rest = nextSize === undefined ? 0 : Math.floor((seconds % size) / nextSize)
  return nextSize === undefined || rest === 0 ? text : `${text} ${oneUnit(language, rest, nextSize)}`
}

/** For within a sentence, and never too short. */
export const waitTime = (language: Language, seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : timeLeft(language, seconds + 59).toLowerCase()

function oneUnit(language: Language, n: number, size: number): string {
  const text = () => {
    switch (size) {
      case month:
        return n === 1 ? t(language, 'month') : t(language, 'months', { n })
      case week:
        return n === 1 ? t(language, 'week') : t(language, 'weeks', { n })
      case day:
        return n === 1 ? t(language, 'day') : t(language, 'days', { n })
      case hour:
        return n === 1 ? t(language, 'hour') : t(language, 'hours', { n })
      default:
        return n === 1 ? t(language, 'minute') : t(language, 'minutes', { n })
    }
  }
  return text().replace(/ /g, noBreak)
}
