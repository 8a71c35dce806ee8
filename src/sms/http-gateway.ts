import type { SmsSettings } from '../config.ts'
import { MlangoError } from '../errors.ts'
import { exchange } from '../http-exchange.ts'
import type { SmsAnswer, SmsMessage } from './sms-message.ts'

const TIMEOUT_MS = 15_000

/** Where a placeholder stands decides how its value is written. */
type Writing = (value: string) => string
const asUrl: Writing = encodeURIComponent
const asJson: Writing = (value) => JSON.stringify(value).slice(1, -1)
const asIs: Writing = (value) => value

/**
 * Any gateway that takes one message per HTTP request, described in the settings: `url`, `headers` and `body` with {to} {text}
 * {from} {key} {user} in them, and `success`, a pattern that only the answer to a message that was taken fits. Gateways say
 * 200 to refusals, so a status is never enough.
 */
export function openHttpGateway(settings: SmsSettings) {
  const { base_url: url, body, headers, success, message_id: messageId, username, api_key, sender_id } = settings
  if (url === undefined || success === undefined) {
    throw new MlangoError('config-invalid', '[sms] base_url and success are needed with provider = "http"')
  }
  const taken = pattern('success', success)
  const idOf = messageId === undefined ? undefined : pattern('message_id', messageId)
  const isJson = body?.trimStart().startsWith('{') ?? false
  return {
    async send({ to, text, signal }: SmsMessage): Promise<SmsAnswer> {
      const values: Record<string, string> = {
        to,
        to_digits: to.replace(/^\+/, ''),
        text,
        from: sender_id ?? '',
        key: api_key ?? '',
        user: username ?? '',
      }
      const fill = (template: string, write: Writing) =>
        template.replace(/\{(to|to_digits|text|from|key|user)\}/g, (_all, name: string) => write(values[name] ?? ''))
      const answer = await exchange(
        {
          method: body === undefined ? 'GET' : 'POST',
          url: fill(url, asUrl),
          headers: {
            ...(body !== undefined && {
              'Content-Type': isJson ? 'application/json' : 'application/x-www-form-urlencoded',
            }),
            ...Object.fromEntries((headers ?? []).map((line) => headerOf(fill(line, asIs)))),
          },
          ...(body !== undefined && { body: fill(body, isJson ? asJson : asUrl) }),
          timeoutMs: TIMEOUT_MS,
        },
        signal,
      )
      return answer.outcome === 'reply' ? answerOf(answer) : answer
    },
  }

  function answerOf({ status, text }: { status: number; text: string }): SmsAnswer {
    const detail = `HTTP ${status}`
    if (status >= 200 && status < 300 && taken.test(text)) {
      return { outcome: 'accepted', providerId: idOf?.exec(text)?.[1] ?? '' }
    }
    if (status === 429 || status === 503) return { outcome: 'busy', detail }
    // An answer that does not say "taken" is the gateway's no; a server that fell over may have taken it.
    if (status >= 500 || status === 408) return { outcome: 'lost', detail }
    return { outcome: 'refused', code: String(status), detail: `${detail} ${text.slice(0, 80)}`.trim() }
  }
}

function pattern(key: string, source: string): RegExp {
  try {
    return new RegExp(source, 'u')
  } catch (cause) {
    throw new MlangoError('config-invalid', `[sms] ${key} is not a regular expression`, { cause })
  }
}

function headerOf(line: string): [string, string] {
  const at = line.indexOf(':')
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
}
