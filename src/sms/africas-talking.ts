import * as z from 'zod'
import type { SmsSettings } from '../config.ts'
import { MlangoError } from '../errors.ts'
import { exchange } from '../http-exchange.ts'
import type { SmsAnswer, SmsMessage } from './sms-message.ts'

const TIMEOUT_MS = 15_000

const Reply = z.object({
  SMSMessageData: z.object({
    Message: z.string().catch(''),
    Recipients: z.array(
      z.object({
        statusCode: z.coerce.number(),
        status: z.string().catch(''),
        messageId: z.string().catch(''),
      }),
    ),
  }),
})

/** Africa's Talking bulk SMS, one recipient per request. */
export function openAfricasTalking({ base_url, username, api_key, sender_id }: SmsSettings) {
  if (username === undefined || api_key === undefined || !/^[\x21-\x7e]+$/.test(api_key)) {
    throw new MlangoError('config-invalid', '[sms] username and api_key are needed with provider = "africastalking"')
  }
  const url = `${(base_url ?? 'https://api.africastalking.com').replace(/\/+$/, '')}/version1/messaging`
  return {
    async send({ to, text, signal }: SmsMessage): Promise<SmsAnswer> {
      const form = new URLSearchParams({
        username,
        to,
        message: text,
        bulkSMSMode: '1',
        ...(sender_id !== undefined && { from: sender_id }),
      })
      const answer = await exchange(
        {
          method: 'POST',
          url,
          headers: {
            apiKey: api_key,
            Accept: 'application/json',
            'Content-Type': 'application/x-www-form-urlencoded',
          },
          body: form.toString(),
          timeoutMs: TIMEOUT_MS,
        },
        signal,
      )
      return answer.outcome === 'reply' ? smsAnswerOf(answer) : answer
    },
  }
}

/** Reads the reply to a message with one recipient. Its status alone proves nothing: refusals come with success's 201. */
export function smsAnswerOf({ status, text }: { status: number; text: string }): SmsAnswer {
  const detail = `HTTP ${status}`
  // "Unavailable" and "too many requests" say that the request was not handled (RFC 9110 15.6.4, RFC 6585 4).
  if (status === 503 || status === 429) return { outcome: 'busy', detail }
  if (status >= 400 && status < 500 && status !== 408) return { outcome: 'refused', code: String(status), detail }
  const data = status === 200 || status === 201 ? readReply(text) : undefined
  if (!data) return { outcome: 'lost', detail: `${detail} without an answer that can be read` }

  const recipient = data.Recipients[0]
  // A refusal of the whole request stands in the message, with nobody it went to.
  if (!recipient) return { outcome: 'refused', code: 'no-recipient', detail: short(data.Message) || 'no reason given' }
  const { statusCode, messageId } = recipient
  const told = `${statusCode} ${short(recipient.status)}`.trim()
  if (statusCode >= 100 && statusCode <= 102) return { outcome: 'accepted', providerId: messageId }
  if (statusCode === 500 || statusCode === 501) return { outcome: 'busy', detail: told }
  if ((statusCode >= 400 && statusCode < 500) || statusCode === 502) {
    return { outcome: 'refused', code: String(statusCode), detail: told }
  }
  return { outcome: 'lost', detail: told }
}

function readReply(text: string): z.infer<typeof Reply>['SMSMessageData'] | undefined {
  try {
    return Reply.safeParse(JSON.parse(text)).data?.SMSMessageData
  } catch {
    return undefined
  }
}

const short = (words: string) => words.slice(0, 100)
