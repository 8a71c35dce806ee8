import type * as z from 'zod'

/** What is wrong with a field, to be read behind its name; undefined: the schema says it itself. */
export function wrongField(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined) return 'is missing'
  switch (issue.code) {
    case 'invalid_type':
      return `is not ${KINDS[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `is not one of ${issue.values.join(', ')}`
    case 'invalid_format':
      return FORMATS[issue.format]
    case 'too_small':
      return atBound(issue.origin, 'least', issue.minimum)
    case 'too_big':
      return atBound(issue.origin, 'most', issue.maximum)
    default:
      return undefined
  }
}

const KINDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
}

const FORMATS: Record<string, string> = {
  datetime: 'is not a time like 2027-01-31T18:00:00+03:00',
  uuid: 'is not an id like 01a21a29-953c-75b4-9867-c170590716f5',
}

/** What is counted in that which has a length. */
const COUNTED: Record<string, string> = { string: 'characters', array: 'entries' }

function atBound(origin: string, bound: 'least' | 'most', amount: number | bigint): string {
  const counted = COUNTED[origin]
  if (counted === undefined) return `is not at ${bound} ${amount}`
  return bound === 'least' && Number(amount) === 1 ? 'is empty' : `does not have at ${bound} ${amount} ${counted}`
}
