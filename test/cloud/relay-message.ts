import { createHmac } from 'node:crypto'

interface Relayed {
  id?: string
  token: string
  receivedAt?: string
  body: string
}

/** What a public relay publishes about a message of M-PESA. */
export function relayedMessage(key: string, { id = 'm-1', token, receivedAt, body }: Relayed): Record<string, string> {
  const received_at = receivedAt ?? '2026-11-26T07:00:00.000Z'
  const base64 = Buffer.from(body).toString('base64')
  const signature = createHmac('sha256', key).update(`${id}.${token}.${received_at}.${base64}`).digest('hex')
  return { id, token, received_at, body: base64, signature }
}
