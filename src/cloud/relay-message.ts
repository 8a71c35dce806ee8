import { createHmac, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'

/** A message that only a holder of the site's relay key can have sent: a public relay for M-PESA, or head office. */
export interface RelayedMessage {
  /** The sender's own number of it. */
  id: string
  /** The unguessable part of the address to which M-PESA sent it; of head office, the refund or voucher that it is about. */
  token: string
  /** The text that was sent. */
  body: string
}

export type RelayReading =
  | { outcome: 'genuine'; message: RelayedMessage }
  | { outcome: 'malformed' | 'bad-signature'; message?: undefined }

/** The HTTP door takes no larger body; base64 is a third longer. */
const LONGEST_BYTES = 96 * 1024

// No field may hold the dot that stands between them in what is signed; the time is the one that does.
const field = z.string().regex(/^[\w-]{1,128}$/)
const relayed = z.object({
  id: field,
  token: field,
  received_at: z.iso.datetime({ offset: true }),
  body: z.base64().min(1),
  signature: z.string().regex(/^[0-9a-f]{64}$/i),
})

/**
 * Reads `{id, token, received_at, body, signature}`. The signature is the HMAC-SHA-256, in hex, of the first four as they
 * stand in the message, with dots between them. How old it is does not matter: money that comes late is money, and what was
 * settled already is not settled again.
 */
export function readRelayed(payload: Buffer, relayKey: string): RelayReading {
  const parsed = payload.length > LONGEST_BYTES ? undefined : parse(payload)
  if (!parsed) return { outcome: 'malformed' }
  const { id, token, received_at, body, signature } = parsed
  const expected = createHmac('sha256', relayKey).update(`${id}.${token}.${received_at}.${body}`).digest()
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) return { outcome: 'bad-signature' }
  return { outcome: 'genuine', message: { id, token, body: Buffer.from(body, 'base64').toString('utf8') } }
}

function parse(payload: Buffer): z.infer<typeof relayed> | undefined {
  try {
    return relayed.safeParse(JSON.parse(payload.toString('utf8'))).data
  } catch {
    return undefined
  }
}
