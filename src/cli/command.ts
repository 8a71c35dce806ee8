import { parseArgs } from 'node:util'
import { asError } from '../errors.ts'

/** One command of the command line. */
export interface Command {
  /** One or two words: `queue stats`. */
  name: string
  /** What follows the name: `ID`, `--package ID --count N`. */
  usage: string
  summary: string
  /** Resolves to the exit status. Throws WrongUsage for words that do not fit. */
  run(words: readonly string[]): Promise<number>
}

export class WrongUsage extends Error {}

export const usageOf = ({ name, usage }: Command): string => `mlango ${name}${usage === '' ? '' : ` ${usage}`}`

type OptionTypes = Record<string, 'string' | 'boolean'>
type Values<Options extends OptionTypes> = {
  [Name in keyof Options]?: Options[Name] extends 'boolean' ? boolean : string
}

/** Reads options and one positional word for each of `names`. Every command also takes --config and --json. */
export function readWords<const Options extends OptionTypes>(
  words: readonly string[],
  optionTypes: Options,
  names: readonly string[] = [],
): { options: Values<Options & { config: 'string'; json: 'boolean' }>; positionals: string[] } {
  const types: OptionTypes = { ...optionTypes, config: 'string', json: 'boolean' }
  const options = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]))
  refuseMissingValue(words, types)
  let parsed: { values: object; positionals: string[] }
  try {
    parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
  } catch (thrown) {
    throw new WrongUsage(asError(thrown).message)
  }
  const missing = names[parsed.positionals.length]
  if (missing !== undefined) throw new WrongUsage(`${missing} is missing.`)
  const surplus = parsed.positionals[names.length]
  if (surplus !== undefined) throw new WrongUsage(`${surplus} was not expected.`)
  return {
    options: parsed.values as Values<Options & { config: 'string'; json: 'boolean' }>,
    positionals: parsed.positionals,
  }
}

/** An option whose value would be the next option, or is written like one. */
function refuseMissingValue(words: readonly string[], types: OptionTypes): void {
  const isDashed = (word: string | undefined) => word !== undefined && /^-./.test(word)
  const end = words.indexOf('--')
  const at = words.findIndex(
    (word, index) =>
      (end === -1 || index < end) &&
      word.startsWith('--') &&
      types[word.slice(2)] === 'string' &&
      isDashed(words[index + 1]),
  )
  const [option, next = ''] = words.slice(at, at + 2)
  if (at === -1) return
  const isOption = Object.hasOwn(types, next.replace(/^--|=.*/g, ''))
  const cure = isOption ? '.' : `; one that begins with a dash is written ${option}=${next}.`
  throw new WrongUsage(`${option} has no value${cure}`)
}

/** A whole number from an option, or WrongUsage. */
export function wholeNumber(option: string, text: string | undefined, min = 0, max?: number): number {
  if (text === undefined) throw new WrongUsage(`--${option} is missing.`)
  if (!/^\d{1,15}$/.test(text) || Number(text) < min || Number(text) > (max ?? Number.POSITIVE_INFINITY)) {
    const allowed = max === undefined ? `from ${min}` : `from ${min} to ${max}`
    throw new WrongUsage(`--${option} is ${text}; it takes a whole number ${allowed}.`)
  }
  return Number(text)
}

/** Refuses what cannot be an id before it becomes part of an address. */
export function idWord(word: string | undefined): string {
  if (word === undefined || !/^[\w-]{1,64}$/.test(word)) throw new WrongUsage(`${word} is not an id.`)
  return word
}
