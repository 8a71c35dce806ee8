import type { SmsSettings } from '../config.ts'
import { openAfricasTalking } from './africas-talking.ts'
import { openHttpGateway } from './http-gateway.ts'
import { MOST_SEGMENTS } from './message-texts.ts'
import { openRouterModem, type RouterModem } from './router-modem.ts'
import type { SmsAnswer, SmsMessage } from './sms-message.ts'
import { openTwilio } from './twilio.ts'

/** One SMS gateway. Whatever goes wrong is an answer. */
export interface SmsProvider {
  /** Left out, it carries any message that is written here. */
  readonly mostSegments?: number
  send(message: SmsMessage): Promise<SmsAnswer>
}

/**
 * The gateway of this site, with the second one behind it; undefined when it sends no SMS. `reportUrl`: where a gateway that asks for
 * it with each message reports what became of that.
 */
export function openSmsProvider(
  settings: SmsSettings,
  fallback?: SmsSettings,
  modem?: RouterModem,
  reportUrl?: string,
): SmsProvider | undefined {
  const first = openOne(settings, modem, reportUrl)
  const second = fallback && openOne(fallback, modem, reportUrl)
  return first && second ? inTurn(first, second) : (first ?? second)
}

/** The second is asked only when the first has certainly sent nothing: a lost answer may be a message on its way. */
export function inTurn(first: SmsProvider, second: SmsProvider): SmsProvider {
  const most = ({ mostSegments = MOST_SEGMENTS }: SmsProvider) => mostSegments
  return {
    mostSegments: Math.min(most(first), most(second)),
    async send(message) {
      const answer = await first.send(message)
      if (answer.outcome === 'accepted' || answer.outcome === 'lost' || message.signal.aborted) return answer
      const other = await second.send(message)
      // What one refuses for good and the other cannot take now is worth another try.
      return other.outcome === 'refused' && answer.outcome !== 'refused' ? answer : other
    },
  }
}

function openOne(
  settings: SmsSettings,
  modem: RouterModem | undefined,
  reportUrl: string | undefined,
): SmsProvider | undefined {
  switch (settings.provider) {
    case 'none':
      return undefined
    case 'africastalking':
      return openAfricasTalking(settings)
    case 'twilio':
      return openTwilio(settings, reportUrl)
    case 'http':
      return openHttpGateway(settings)
    case 'router':
      return modem && openRouterModem(settings, modem)
  }
}
