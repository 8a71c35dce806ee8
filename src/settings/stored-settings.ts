import { command } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'

/** By section and key, as in the configuration file. */
export type StoredSettings = Record<string, Record<string, unknown>>

/** What the settings page has changed. */
export function storedSettings(db: Db): StoredSettings {
  const rows = sql(db, 'SELECT section, key, value FROM settings').all() as Record<
    'section' | 'key' | 'value',
    string
  >[]
  const stored: StoredSettings = {}
  for (const { section, key, value } of rows) stored[section] = { ...stored[section], [key]: JSON.parse(value) }
  return stored
}

/** `null` takes a setting back: its default holds again. */
export const changeSettings = command('settings.change', ({ db, nowMs }, { changes }: { changes: StoredSettings }) => {
  for (const [section, values] of Object.entries(changes)) {
    for (const [key, value] of Object.entries(values)) {
      if (value === null) sql(db, 'DELETE FROM settings WHERE section = ? AND key = ?').run(section, key)
      else {
        sql(db, 'INSERT OR REPLACE INTO settings (section, key, value, changed_at_ms) VALUES (?, ?, ?, ?)').run(
          section,
          key,
          JSON.stringify(value),
          nowMs,
        )
      }
    }
  }
})

/** The stored ones with these changes. */
export function withChanges(stored: StoredSettings, changes: StoredSettings): StoredSettings {
  const sections = new Set([...Object.keys(stored), ...Object.keys(changes)])
  return Object.fromEntries(
    [...sections].map((section) => {
      const values = Object.entries({ ...stored[section], ...changes[section] })
      return [section, Object.fromEntries(values.filter(([, value]) => value !== null))]
    }),
  )
}
