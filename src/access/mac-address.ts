const AS_WRITTEN = /^[0-9A-F]{2}(?::[0-9A-F]{2}){5}$/

const NOBODY = /^(?:00(?::00){5}|FF(?::FF){5})$/

/** `AA:BB:CC:DD:EE:FF` from any case and separator; undefined when it is no device's address. */
export function parseMacAddress(typed: string): string | undefined {
  // As routers write it, which is nearly always.
  if (AS_WRITTEN.test(typed)) return NOBODY.test(typed) ? undefined : typed
  if (typed.length < 12) return undefined
  const digits = typed.replace(/[\s:.-]/g, '').toUpperCase()
  if (!/^[0-9A-F]{12}$/.test(digits)) return undefined
  const written = digits.match(/../g)?.join(':')
  return written === undefined || NOBODY.test(written) ? undefined : written
}
