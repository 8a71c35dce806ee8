import * as z from 'zod'
import { storedSettings } from '../settings/stored-settings.ts'
import {
  faultOfText,
  type OwnTexts,
  ourText,
  placeholdersOf,
  segmentsOfText,
  TEXT_KEYS,
  type TextKey,
} from '../sms/message-texts.ts'
import type { Db } from '../store/database.ts'

/** What a message says, as operators read it. */
export const smsTextAnswer = z.object({
  key: z.enum(TEXT_KEYS),
  text: z.string(),
  is_default: z.boolean(),
  placeholders: z.array(z.object({ name: z.string(), needed: z.boolean() })),
  segments: z.int().meta({ description: 'How many short messages it takes, with values of the usual length.' }),
})

/** What each message says now: the operator's own words, or ours. They hold from the next message on. */
export function smsTexts(db: Db): z.infer<typeof smsTextAnswer>[] {
  const own: OwnTexts = storedSettings(db).sms_texts ?? {}
  return TEXT_KEYS.map((key) => {
    const text = own[key] ?? ourText(key)
    const segments = segmentsOfText(key, text)
    return { key, text, is_default: own[key] === undefined, placeholders: placeholdersOf(key), segments }
  })
}

const fieldOf = (key: TextKey) =>
  z
    .string()
    .trim()
    .min(1)
    .max(600)
    .superRefine((text, context) => {
      const message = faultOfText(key, text)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    })

/** null brings our own words back. */
export const smsTextFields = Object.fromEntries(TEXT_KEYS.map((key) => [key, fieldOf(key).nullable().optional()]))
