/** A ten-digit voucher in groups that can be read aloud (`4821 093 755`); any other code as it is. */
export function readableCode(code: string): string {
  return /^\d{10}$/.test(code) ? `${code.slice(0, 4)} ${code.slice(4, 7)} ${code.slice(7)}` : code
}
