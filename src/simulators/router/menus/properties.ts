import { normaliseMac } from '../mac-address.ts'
import { formatDuration, parseDurationMs } from '../ros-duration.ts'
import type { RosVersion } from '../ros-version.ts'
import { type Answer, type Row, trap } from './menu.ts'
import { unknownParameter } from './print.ts'

/** Turns what was sent into what is stored; undefined when the value is not of the kind. */
type Kind = (text: string) => string | undefined

/** A property that `add` and `set` take: of a kind, or one (or a list) of choices. */
export type Property = Kind | { choices: () => readonly string[]; list?: true }

export const anyText: Kind = (text) => text

export function texts(...names: string[]): Record<string, Property> {
  return Object.fromEntries(names.map((name) => [name, anyText]))
}

export const wholeNumber: Kind = (text) => (/^\d+$/.test(text) ? text : undefined)

export const macAddress: Kind = (text) => (text === '' ? '' : normaliseMac(text))

export const ipAddress: Kind = (text) =>
  /^(\d{1,3}\.){3}\d{1,3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255) ? text : undefined

export const yesOrNo: Kind = (text) => {
  if (text === 'yes' || text === 'true') return 'true'
  return text === 'no' || text === 'false' ? 'false' : undefined
}

export function duration(...words: string[]): Kind {
  return (text) => {
    if (words.includes(text)) return text
    const ms = parseDurationMs(text)
    return ms === undefined ? undefined : formatDuration(ms)
  }
}

/** The arguments of `add` or `set` as they will be stored, or the trap for the first bad one. */
export function readArguments(
  args: ReadonlyMap<string, string>,
  properties: Readonly<Record<string, Property>>,
  version: RosVersion,
): { values: Row } | { refused: Answer } {
  const values: Row = {}
  for (const [name, text] of args) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (!property) return { refused: unknownParameter(version, name) }
    if (typeof property !== 'function') {
      const chosen = property.list ? text.split(',') : [text]
      const ambiguous = `ambiguous value of ${name}, more than one possible value matches input`
      if (text === '') return { refused: trap(ambiguous) }
      const stranger = chosen.find((choice) => !property.choices().includes(choice))
      if (stranger !== undefined) return { refused: trap(`input does not match any value of ${name}`, 1) }
      values[name] = text
    } else {
      const value = property(text)
      if (value === undefined) return { refused: trap(`invalid value for argument ${name}`, 1) }
      values[name] = value
    }
  }
  return { values }
}
