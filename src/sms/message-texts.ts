import { LANGUAGES, type Language } from '../languages.ts'
import { gsm7Length, gsm7Segments } from './gsm-7.ts'

/** Which message: credentials, a code that is its own password, a voucher for somebody else, and the two notices of a subscription. */
export const TEXT_KINDS = ['credentials', 'code', 'voucher', 'due', 'grace'] as const
export type TextKind = (typeof TEXT_KINDS)[number]

/** `credentials_en`: as a text is named where it is stored. */
export type TextKey = `${TextKind}_${Language}`
export const TEXT_KEYS = TEXT_KINDS.flatMap((kind) => LANGUAGES.map((language): TextKey => `${kind}_${language}`))

/** What an operator has written instead of ours. */
export type OwnTexts = Partial<Record<TextKey, string>>

/** What stands for each placeholder, and how it looks; the first ones must stand in the text. */
const placeholders = {
  credentials: { needed: { user: 'K7Q2ZM', password: 'h4x9d2rt' }, more: { until: 'Tue 24 Nov 14:05' } },
  code: { needed: { code: '4821093755' }, more: { until: 'Tue 24 Nov 14:05' } },
  voucher: { needed: { code: '4821093755' }, more: { package: '1 hour' } },
  due: { needed: { account: '10023' }, more: { until: 'Tue 24 Nov 14:05', price: 'KES 1500' } },
  grace: { needed: { account: '10023' }, more: { until: 'Tue 24 Nov 14:05', price: 'KES 1500' } },
} satisfies Record<TextKind, { needed: Record<string, string>; more: Record<string, string> }>

/** English in full; what another language lacks is written in English until somebody writes it. */
const ours: Record<`${TextKind}_en`, string> & Partial<Record<TextKey, string>> = {
  credentials_en: '{site}: WiFi user {user} password {password} until {until}',
  credentials_sw: '{site}: WiFi jina {user} nenosiri {password} hadi {until}',
  code_en: '{site}: WiFi code {code} until {until}',
  code_sw: '{site}: WiFi msimbo {code} hadi {until}',
  voucher_en: '{site}: You were given WiFi: {package}. Type the code {code} on the WiFi page.',
  voucher_sw: '{site}: Umepewa WiFi: {package}. Andika msimbo {code} kwenye ukurasa wa WiFi.',
  due_en: '{site}: Your Internet is paid until {until}. To go on, pay {price} for account {account}.',
  due_sw: '{site}: Internet yako imelipwa hadi {until}. Ili kuendelea, lipa {price} kwa akaunti {account}.',
  grace_en: '{site}: Your paid time is over. Your Internet ends {until}. To go on, pay {price} for account {account}.',
  grace_sw:
    '{site}: Muda uliolipia umeisha. Internet itakatika {until}. Ili kuendelea, lipa {price} kwa akaunti {account}.',
}

const kindOf = (key: TextKey) => key.slice(0, key.lastIndexOf('_')) as TextKind

export const ourText = (key: TextKey): string => ours[key] ?? ours[`${kindOf(key)}_en`]

/** What may stand in this text; what must is marked. */
export function placeholdersOf(key: TextKey): { name: string; needed: boolean }[] {
  const { needed, more } = placeholders[kindOf(key)]
  return [
    ...Object.keys(needed).map((name) => ({ name, needed: true })),
    ...[...Object.keys(more), 'site'].map((name) => ({ name, needed: false })),
  ]
}

/** As long as values get: an own text has to have room for them. */
const longest: Record<string, string> = {
  ...{ user: 'x'.repeat(32), password: 'x'.repeat(32), code: 'x'.repeat(16), package: 'x'.repeat(30) },
  ...{ account: 'x'.repeat(12), price: 'KES 1000000.50', until: 'Jumamosi 28 Nov 14:05' },
}

/** A text of more segments than this is no short message any more. */
export const MOST_SEGMENTS = 3

/** What is wrong with a text of the operator's, or undefined. */
export function faultOfText(key: TextKey, text: string): string | undefined {
  const known = placeholdersOf(key)
  for (const [, name] of text.matchAll(/\{([^{}]*)\}/g)) {
    if (!known.some((placeholder) => placeholder.name === name)) {
      return `{${name}} is not known here; there are ${known.map((placeholder) => `{${placeholder.name}}`).join(' ')}`
    }
  }
  const missing = known.find(({ name, needed }) => needed && !text.includes(`{${name}}`))
  if (missing) return `{${missing.name}} is missing`
  const foreign = [...text].find((character) => gsm7Length(character) === undefined)
  if (foreign !== undefined) return `${foreign} is not in the alphabet of short messages`
  return segmentsWith(longest, text) > MOST_SEGMENTS ? `is longer than ${MOST_SEGMENTS} short messages` : undefined
}

/** How many short messages it takes, with values of the usual length and the name of the site as far as it fits. */
export function segmentsOfText(key: TextKey, text: string): number {
  const { needed, more } = placeholders[kindOf(key)]
  return segmentsWith({ ...needed, ...more }, text)
}

function segmentsWith(values: Readonly<Record<string, string>>, text: string): number {
  const filled = fill(text, { ...values, site: '' })
  return gsm7Segments(gsm7Length(filled) ?? Number.POSITIVE_INFINITY)
}

export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  )
}
