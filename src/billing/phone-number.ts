import { createHash } from 'node:crypto'

/** A Safaricom number as M-PESA wants it, `2547XXXXXXXX` or `2541XXXXXXXX`, from what people type; undefined when it is none. */
export function parsePhoneNumber(typed: string): string | undefined {
  const digits = typed.replace(/[\s().-]/g, '').replace(/^\+/, '')
  const national = /^(?:254|0)?([17]\d{8})$/.exec(digits)?.[1]
  return national === undefined ? undefined : `254${national}`
}

/** `0712 ••• 678`: enough for its owner to recognise, not enough for anyone else to use. */
export function maskPhoneNumber(phoneNumber: string | null): string {
  if (phoneNumber === null) return '•••'
  return `0${phoneNumber.slice(3, 6)} ••• ${phoneNumber.slice(-3)}`
}

/** SHA-256 of `2547XXXXXXXX`, the form in which later M-PESA messages name a payer. */
export function phoneSha256(phoneNumber: string): Buffer {
  return createHash('sha256').update(phoneNumber).digest()
}
