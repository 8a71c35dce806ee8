import type { Config } from '../config.ts'
import { openAfricasTalking } from './africas-talking.ts'
import type { SmsAnswer, SmsMessage } from './sms-message.ts'

/** One SMS gateway. Whatever goes wrong is an answer. */
export interface SmsProvider {
  send(message: SmsMessage): Promise<SmsAnswer>
}

/** The gateway of this site; undefined when it sends no SMS. */
export function openSmsProvider(settings: Config['sms']): SmsProvider | undefined {
  switch (settings.provider) {
    case 'none':
      return undefined
    case 'africastalking':
      return openAfricasTalking(settings)
  }
}
