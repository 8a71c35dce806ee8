import { signed } from './credentials-text.ts'
import { gsm7Length, toGsm7 } from './gsm-7.ts'

const PLACES = 160

/** One SMS of one segment with the code of a voucher that somebody else has paid. */
export function voucherText({
  siteName,
  code,
  packageName,
}: {
  siteName: string
  code: string
  packageName: string
}): string {
  const message = `You were given WiFi: ${toGsm7(packageName).slice(0, 30)}. Type the code ${code} on the WiFi page.`
  return signed(siteName, message, PLACES - (gsm7Length(message) ?? PLACES))
}
