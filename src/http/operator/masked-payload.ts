const SECRET_WORDS = new Set([
  'password',
  'passphrase',
  'passkey',
  'secret',
  'token',
  'key',
  'pin',
  'code',
  'credential',
  'credentials',
  'authorization',
  'phone',
  'msisdn',
])

const MASK = '•••'

/** A job's payload as an operator may see it: the values of fields whose name speaks of a secret or a phone are gone. */
export function maskedPayload(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskedPayload)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecret(name) && inner !== null ? MASK : maskedPayload(inner),
    ]),
  )
}

/** `apiKey`, `radius_secret`, `phoneNumber`. */
const isSecret = (name: string) =>
  name.split(/[^a-zA-Z]+|(?=[A-Z])/).some((word) => SECRET_WORDS.has(word.toLowerCase()))
