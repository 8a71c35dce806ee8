/** `AA:BB:CC:DD:EE:FF` from any case and separator; undefined when it is not a MAC address. */
export function normaliseMac(text: string): string | undefined {
  const digits = text.replace(/[^0-9a-fA-F]/g, '').toUpperCase()
  if (digits.length !== 12 || !/^[0-9a-fA-F:.-]+$/.test(text)) return undefined
  return digits.replace(/(..)(?!$)/g, '$1:')
}
