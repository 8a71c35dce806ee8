import { MlangoError } from '../errors.ts'
import type { Language } from '../languages.ts'
import { gsm7Length, gsm7Segments, toGsm7 } from './gsm-7.ts'
import { fill, MOST_SEGMENTS, type OwnTexts, ourText, type TextKind } from './message-texts.ts'

/** How a site writes: its name, its clock, its own texts, and the language of the one who reads. */
export interface Writing {
  siteName: string
  timeZone: string
  language: Language
  texts: OwnTexts
  /** What the way out can carry, where that is less than a text of the operator's may take. */
  mostSegments?: number | undefined
}

type Values = Record<string, string>

/**
 * One message, as few segments as its text needs: the site's name is bent and cut to fit, the values never are. Where the
 * operator's own text turns out too long, ours takes its place, in one segment. Undefined when that is too long, too, or a value
 * cannot be written in the alphabet of short messages.
 */
export function writeText(writing: Writing, kind: TextKind, values: Values): string | undefined {
  const { language, texts, siteName, mostSegments = MOST_SEGMENTS } = writing
  const own = texts[`${kind}_${language}`]
  const written = own === undefined ? undefined : fillWithin(mostSegments, own, siteName, values)
  return written ?? fillWithin(1, ourText(`${kind}_${language}`), siteName, values)
}

/** With values for which our own text always has room: nobody is sent an empty message. */
export function mustWrite(writing: Writing, kind: TextKind, values: Values): string {
  const plain = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toGsm7(value)]))
  const text = writeText(writing, kind, plain)
  if (text === undefined) throw new MlangoError('sms-too-long', `The SMS "${kind}" does not fit one short message`)
  return text
}

function fillWithin(mostSegments: number, text: string, siteName: string, values: Values): string | undefined {
  const places = gsm7Length(fill(text, { ...values, site: '' }))
  const segments = gsm7Segments(places ?? Number.POSITIVE_INFINITY)
  if (places === undefined || segments > mostSegments) return undefined
  const names = text.split('{site}').length - 1
  const room = (segments === 1 ? 160 : segments * 153) - places
  const site = names === 0 ? '' : cutName(siteName, Math.floor(room / names))
  if (site !== '') return fill(text, { ...values, site })
  return fill(text.replace(/\{site\}(: ?)?/g, ''), values).trim()
}

/** As much of the name as `room` allows. */
function cutName(siteName: string, room: number): string {
  let cut = ''
  for (const character of toGsm7(siteName).replace(/\s+/g, ' ').trim()) {
    if ((gsm7Length(cut + character) ?? 0) > room) break
    cut += character
  }
  return cut.trim()
}

/** American English writes the shortest days of the week. */
const localeOf = (language: Language): string => (language === 'en' ? 'en-US' : `${language}-KE`)

/** `Tue 24 Nov 14:05` */
export function timeInText(timeMs: number, { timeZone, language }: Pick<Writing, 'timeZone' | 'language'>): string {
  const parts = new Intl.DateTimeFormat(localeOf(language), {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(timeMs)
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? ''
  return `${part('weekday')} ${part('day')} ${part('month')} ${part('hour')}:${part('minute')}`
}
