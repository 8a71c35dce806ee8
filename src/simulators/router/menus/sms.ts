import type { RouterSettings } from '../router-settings.ts'
import { type Answer, type ApiCommand, done, type Menu, trap } from './menu.ts'
import { unknownParameter, type Viewer } from './print.ts'

const ARGUMENTS = ['channel', 'message', 'phone-number', 'port', 'smsc', 'type']

export interface SentSms {
  to: string
  text: string
}

/** The modem, if the box has one. What it has sent it cannot say. */
export function smsMenu(settings: RouterSettings, viewer: Viewer, sent: SentSms[]): Record<string, Menu> {
  const send = ({ args }: ApiCommand): Answer => {
    const stranger = [...args.keys()].find((name) => !ARGUMENTS.includes(name))
    if (stranger !== undefined) return unknownParameter(viewer.version, stranger)
    const missing = ['port', 'phone-number', 'message'].find((name) => !args.get(name))
    if (missing !== undefined) return trap(`missing value(s) of argument(s) ${missing}`)
    if (args.get('port') !== settings.modem) return trap('input does not match any value of port', 1)
    const [to, text] = [args.get('phone-number') ?? '', args.get('message') ?? '']
    if (text.length > 160) return trap('failure: message too long')
    sent.push({ to, text })
    return done
  }
  return { '/tool/sms': { send: { policy: 'write', run: send } } }
}
