import * as z from 'zod'
import type { SmsSettings } from '../config.ts'
import { MlangoError } from '../errors.ts'
import { exchange } from '../http-exchange.ts'
import type { SmsAnswer, SmsMessage } from './sms-message.ts'

const TIMEOUT_MS = 15_000

const Accepted = z.object({ sid: z.string().min(1), status: z.string().catch('') })
const Refused = z.object({ code: z.union([z.int(), z.string()]).optional(), message: z.string().catch('') })

/** Twilio's Messages resource: `username` is the account's SID, `api_key` its token, `sender_id` a number, a name or a service. */
export function openTwilio({ base_url, username, api_key, sender_id }: SmsSettings, reportUrl?: string) {
  if (username === undefined || api_key === undefined || sender_id === undefined) {
    throw new MlangoError('config-invalid', '[sms] username, api_key and sender_id are needed with provider = "twilio"')
  }
  const base = (base_url ?? 'https://api.twilio.com').replace(/\/+$/, '')
  const url = `${base}/2010-04-01/Accounts/${encodeURIComponent(username)}/Messages.json`
  const from = /^MG[0-9a-f]{32}$/i.test(sender_id) ? { MessagingServiceSid: sender_id } : { From: sender_id }
  // A number of Twilio's reports nothing unless each message says where.
  const report = reportUrl === undefined ? undefined : { StatusCallback: reportUrl }
  return {
    async send({ to, text, signal }: SmsMessage): Promise<SmsAnswer> {
      const answer = await exchange(
        {
          method: 'POST',
          url,
          headers: {
            Authorization: `Basic ${Buffer.from(`${username}:${api_key}`).toString('base64')}`,
            'Content-Type': 'application/x-www-form-urlencoded',
          },
          body: new URLSearchParams({ To: to, Body: text, ...from, ...report }).toString(),
          timeoutMs: TIMEOUT_MS,
        },
        signal,
      )
      return answer.outcome === 'reply' ? twilioAnswerOf(answer) : answer
    },
  }
}

/** Only a message with an id, which is not already a failed one, was taken. */
export function twilioAnswerOf({ status, text }: { status: number; text: string }): SmsAnswer {
  const json = parse(text)
  const accepted = status === 200 || status === 201 ? Accepted.safeParse(json).data : undefined
  if (accepted?.status === 'failed') return { outcome: 'refused', code: 'failed', detail: 'Twilio says failed' }
  if (accepted) return { outcome: 'accepted', providerId: accepted.sid }
  if (status === 429 || status === 503) return { outcome: 'busy', detail: `HTTP ${status}` }
  if (status < 400 || status >= 500 || status === 408) return { outcome: 'lost', detail: `HTTP ${status}` }
  const refused = Refused.safeParse(json).data
  const code = String(refused?.code ?? status)
  return { outcome: 'refused', code, detail: `${code} ${refused?.message ?? ''}`.trim().slice(0, 100) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
