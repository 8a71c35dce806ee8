import { LANGUAGES, type Language } from '../languages.ts'
import { type Db, sql } from '../store/database.ts'

/** In which language its owner last bought; undefined for one who never chose, or in one that there is not any more. */
export function languageOfPhone(db: Db, phoneNumber: string): Language | undefined {
  const language = sql(db, 'SELECT language FROM phone_languages WHERE phone_number = ?').pluck().get(phoneNumber)
  return LANGUAGES.find((known) => known === language)
}

export function rememberLanguage(db: Db, phoneNumber: string, language: Language): void {
  if (languageOfPhone(db, phoneNumber) === language) return
  sql(db, 'INSERT OR REPLACE INTO phone_languages (phone_number, language) VALUES (?, ?)').run(phoneNumber, language)
}
