import { asError } from '../errors.ts'
import { RouterError } from './router-error.ts'
import type { RouterSpeech } from './router-speech.ts'
import { order } from './router-words.ts'

export interface ModemSms {
  /** The modem's: `lte1`, `usb1`. */
  port: string
  to: string
  text: string
}

export type ModemOutcome =
  | { outcome: 'sent' }
  /** A definite no of the router. */
  | { outcome: 'refused'; detail: string }
  /** It never came so far. */
  | { outcome: 'not-sent'; detail: string }
  /** It may have gone out: what was sent cannot be read back. */
  | { outcome: 'in-doubt'; detail: string }

/** A modem has to find its network first. */
const SEND_MS = 20_000

/** The router's words when the modem did not answer it; the network may have the message all the same. */
const MODEM_SILENT = /timed? ?out|no (response|answer)/i

/** Sends one SMS by a router's modem; never twice. */
export async function sendByModem(router: RouterSpeech, { port, to, text }: ModemSms): Promise<ModemOutcome> {
  try {
    await router.tell(order('/tool/sms/send', { port, 'phone-number': to, message: text }), SEND_MS)
    return { outcome: 'sent' }
  } catch (thrown) {
    if (!(thrown instanceof RouterError)) throw asError(thrown)
    const detail = thrown.message.slice(0, 100)
    if (thrown.sent) return { outcome: 'in-doubt', detail }
    if (thrown.kind !== 'trap') return { outcome: 'not-sent', detail }
    return { outcome: MODEM_SILENT.test(thrown.message) ? 'in-doubt' : 'refused', detail }
  }
}
