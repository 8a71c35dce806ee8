import { en } from './texts/en.ts'
import { sw } from './texts/sw.ts'

export type TextKey = keyof typeof en

type Placeholder<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholder<Rest> : never
type Values<Key extends TextKey> = { [Name in Placeholder<(typeof en)[Key]>]: string | number }
type ValuesArgument<Key extends TextKey> = [Placeholder<(typeof en)[Key]>] extends [never] ? [] : [values: Values<Key>]

/** Every language of the customers by its tag: a further one is a file beside `en.ts`, and its name here. */
export const texts = { en, sw } satisfies Record<string, Record<TextKey, string>>

export type Language = keyof typeof texts
export const LANGUAGES = Object.keys(texts) as [Language, ...Language[]]

/** The text in the customer's language. The compiler asks for exactly the placeholders of the English text. */
export function t<Key extends TextKey>(language: Language, key: Key, ...[values]: ValuesArgument<Key>): string {
  return fill(textOf(language, key), values ?? {})
}

const textOf = (language: Language, key: TextKey): string => texts[language][key]

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

type ErrorKey = Extract<TextKey, `error.${string}`>
/** What a page may be refused with; each has its sentence. */
export type CustomerErrorCode = ErrorKey extends `error.${infer Code}` ? Code : never

/** What an error text may mention; `mask` is the masked phone number, `wait` for how long. */
export interface ErrorValues {
  price?: string | undefined
  mask?: string | undefined
  wait?: string | undefined
}

function isErrorKey(key: string): key is ErrorKey {
  return Object.hasOwn(en, key)
}

/** The sentence for a failure code. A code without one gets the fallback, which claims nothing about money. */
export function errorText(
  language: Language,
  code: string,
  { price, mask, wait }: ErrorValues = {},
  fallback: 'trouble' | 'declined' = 'trouble',
): string {
  const wanted = `error.${code}`
  const key: TextKey = isErrorKey(wanted) ? wanted : `error.${fallback}`
  return fill(textOf(language, key), {
    price: price ?? t(language, 'this_package'),
    mask: mask ?? t(language, 'this_phone'),
    wait: wait ?? t(language, 'few_minutes'),
  })
}
