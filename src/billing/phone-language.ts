import { type Db, sql } from '../store/database.ts'

export type PhoneLanguage = 'en' | 'sw'

/** In which language its owner last bought; undefined for one who never chose. */
export function languageOfPhone(db: Db, phoneNumber: string): PhoneLanguage | undefined {
  return sql(db, 'SELECT language FROM phone_languages WHERE phone_number = ?').pluck().get(phoneNumber) as
    | PhoneLanguage
    | undefined
}

export function rememberLanguage(db: Db, phoneNumber: string, language: PhoneLanguage): void {
  if (languageOfPhone(db, phoneNumber) === language) return
  sql(db, 'INSERT OR REPLACE INTO phone_languages (phone_number, language) VALUES (?, ?)').run(phoneNumber, language)
}
