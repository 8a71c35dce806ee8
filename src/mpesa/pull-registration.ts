import * as z from 'zod'
import { readDarajaReply, refusesToken } from './daraja-reply.ts'

/** Whether M-PESA lets this shortcode ask for its books; it takes the registration once, and says so of a repeat. */
export type PullRegistrationAnswer =
  | { outcome: 'registered' }
  | { outcome: 'refused'; detail: string }
  | { outcome: 'no-answer'; detail: string }

const REGISTERED = '1000'
const REGISTERED_BEFORE = '1001'

const status = z.union([z.string(), z.int().transform(String)]).optional()
const Body = z.object({ ResponseStatus: status, 'Response Status': status, ResponseDescription: z.string().optional() })

export function pullRegistrationOf(reply: {
  status: number
  text: string
}): PullRegistrationAnswer | { outcome: 'token-refused' } {
  const daraja = readDarajaReply(reply)
  if (refusesToken(daraja)) return { outcome: 'token-refused' }
  const body = Body.safeParse(parse(reply.text)).data
  const said = body?.ResponseStatus ?? body?.['Response Status']
  if (reply.status === 200 && (said === REGISTERED || said === REGISTERED_BEFORE)) return { outcome: 'registered' }
  // A gateway that is down has decided nothing.
  if (reply.status >= 500 && daraja.errorCode === undefined) return { outcome: 'no-answer', detail: daraja.detail }
  const words = [said, body?.ResponseDescription].filter(Boolean).join(' ')
  return { outcome: 'refused', detail: `${daraja.detail} ${words}`.trim().slice(0, 200) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
