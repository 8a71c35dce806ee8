/** `AA:BB:CC:DD:EE:FF` from any case and separator; undefined when it is no device's address. */
export function parseMacAddress(typed: string): string | undefined {
  const digits = typed.replace(/[\s:.-]/g, '').toUpperCase()
  if (!/^[0-9A-F]{12}$/.test(digits) || digits === '000000000000' || digits === 'FFFFFFFFFFFF') return undefined
  return digits.match(/../g)?.join(':')
}
