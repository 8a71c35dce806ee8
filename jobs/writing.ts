import { languageOfPhone } from '../src/billing/phone-language.ts'
import { storedSettings } from '../src/settings/stored-settings.ts'
import type { OwnTexts } from '../src/sms/message-texts.ts'
import type { Writing } from '../src/sms/write-text.ts'
import type { Hands } from './services.ts'

/** How this phone is written to: in its own language, by the texts as they are now. */
export function writingFor({ db, site, sms }: Pick<Hands, 'db' | 'site' | 'sms'>, phoneNumber: string): Writing {
  return {
    siteName: site.name,
    timeZone: site.timeZone,
    language: languageOfPhone(db, phoneNumber) ?? site.language,
    mostSegments: sms?.mostSegments,
    texts: (storedSettings(db).sms_texts ?? {}) as OwnTexts,
  }
}
