import { randomUUID } from 'node:crypto'
import type { SmsSettings } from '../config.ts'
import { gsm7Length, toGsm7 } from './gsm-7.ts'
import type { SmsAnswer, SmsMessage } from './sms-message.ts'

/** A router with a modem, as this room needs it. */
export interface RouterModem {
  /** `router`: its name. */
  send(router: string, message: SmsMessage & { port: string }): Promise<ModemAnswer>
}

type ModemAnswer = { outcome: 'sent' } | { outcome: 'refused' | 'not-sent' | 'in-doubt'; detail: string }

/** RouterOS sends single messages only. */
const MOST_PLACES = 160

/** The SIM card in a router's modem. It tells nobody whether a message arrived. */
export function openRouterModem({ router = '', modem_port: port = 'lte1' }: SmsSettings, modem: RouterModem) {
  return {
    mostSegments: 1,
    async send({ to, text, signal }: SmsMessage): Promise<SmsAnswer> {
      const plain = toGsm7(text)
      const places = gsm7Length(plain) ?? Number.POSITIVE_INFINITY
      if (places > MOST_PLACES) {
        return {
          outcome: 'refused',
          code: 'too-long',
          detail: `a modem sends ${MOST_PLACES} places, this has ${places}`,
        }
      }
      const answer = await modem.send(router, { to, text: plain, port, signal })
      switch (answer.outcome) {
        case 'sent':
          return { outcome: 'accepted', providerId: `modem-${randomUUID()}` }
        case 'refused':
          return { outcome: 'refused', code: 'refused', detail: answer.detail }
        case 'not-sent':
          return { outcome: 'unsent', detail: answer.detail }
        case 'in-doubt':
          return { outcome: 'lost', detail: answer.detail }
      }
    },
  }
}
