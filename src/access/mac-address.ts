const AS_WRITTEN = /^[0-9A-F]{2}(?::[0-9A-F]{2}){5}$/

const isNobody = (written: string) => written === '00:00:00:00:00:00' || written === 'FF:FF:FF:FF:FF:FF'

/** `AA:BB:CC:DD:EE:FF` from any case and separator; undefined when it is no device's address. */
export function parseMacAddress(typed: string): string | undefined {
  // As routers write it, which is nearly always.
  if (AS_WRITTEN.test(typed)) return isNobody(typed) ? undefined : typed
  const digits = typed.replace(/[\s:.-]/g, '').toUpperCase()
  if (!/^[0-9A-F]{12}$/.test(digits)) return undefined
  const written = digits.match(/../g)?.join(':')
  return written === undefined || isNobody(written) ? undefined : written
}
