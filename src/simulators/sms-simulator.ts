import { randomBytes } from 'node:crypto'
import { MlangoError } from '../errors.ts'
import { gatewayDown, type HttpAnswer, type HttpRequest, json, listenHttp, postHttp, text } from './plain-http.ts'
import { Sightings } from './sightings.ts'

export interface SentSms {
  messageId: string
  /** +254... */
  to: string
  text: string
  from: string
}

/** The first two refuse each recipient; `invalid-sender` refuses the whole request, with success's status 201. */
type SmsRefusal = 'insufficient-balance' | 'blacklist' | 'invalid-sender'

type DeliveryStatus =
  | 'Sent'
  | 'Submitted'
  | 'Buffered'
  | 'Success'
  | 'Failed'
  | 'Rejected'
  | 'AbsentSubscriber'
  | 'Expired'

export interface SmsSimulator {
  readonly url: string
  /** Every message that went out, one per recipient, oldest first. */
  readonly messages: readonly SentSms[]
  /** While true every request gets 503 with an HTML page. */
  down: boolean
  /** While true messages go out, but the request never gets its answer. */
  loseResponse: boolean
  /** While true requests are taken and never answered. */
  silent: boolean
  /** Requests that have been left without an answer so far. */
  readonly unanswered: number
  /** So many of these were waiting at once, at most. */
  readonly mostUnanswered: number
  whenUnanswered(count: number, timeoutMs?: number): Promise<unknown>
  /** Cuts the requests that have been left without an answer. */
  hangUp(): void
  refuse: SmsRefusal | undefined
  deliveryReportUrl: string | undefined
  /** The `count`-th message since the start; rejects after `timeoutMs` (10 000). */
  whenSent(count?: number, timeoutMs?: number): Promise<SentSms>
  /** Posts one delivery report and resolves with the HTTP status of the answer. */
  sendDeliveryReport(messageId: string, status: DeliveryStatus): Promise<number>
  stop(): Promise<void>
}

interface Recipient {
  statusCode: number
  number: string
  status: string
  cost: string
  messageId: string
}

const SAFARICOM_NETWORK_CODE = '63902'
const REPORT_TIMEOUT_MS = 5_000

const REFUSALS = {
  'insufficient-balance': { statusCode: 405, status: 'InsufficientBalance' },
  blacklist: { statusCode: 406, status: 'UserInBlacklist' },
} as const

/** Africa's Talking bulk SMS on a real socket. */
export async function startSmsSimulator(options: {
  host?: string
  port?: number
  username: string
  apiKey: string
  deliveryReportUrl?: string
}): Promise<SmsSimulator> {
  const messages = new Sightings<SentSms>('messages')
  const unanswered = new Sightings<HttpRequest>('requests without an answer')
  const stopped = new AbortController()
  let waiting = 0
  let mostWaiting = 0
  let left = Promise.withResolvers<HttpAnswer>()

  function answer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
    if (simulator.down) return gatewayDown
    if (simulator.silent) {
      waiting += 1
      mostWaiting = Math.max(mostWaiting, waiting)
      void request.over.then(() => {
        waiting -= 1
      })
      unanswered.add(request)
      return left.promise
    }
    if (request.path !== '/version1/messaging') return text(404, 'The requested resource could not be found.')
    if (request.method !== 'POST') return text(405, 'HTTP method not allowed, supported methods: POST')
    if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) {
      return text(415, 'The expected Content-Type is application/x-www-form-urlencoded')
    }
    const form = new URLSearchParams(request.body)
    if (request.headers.apikey !== options.apiKey || form.get('username') !== options.username) {
      return text(401, 'The supplied authentication is invalid')
    }
    for (const field of ['to', 'message']) {
      if (!form.get(field)) return text(400, `Request is missing required form field '${field}'`)
    }
    const reply = send(form)
    if (simulator.loseResponse) return 'cut'
    return request.headers.accept?.includes('application/json') ? json(201, reply) : xml(reply)
  }

  function send(form: URLSearchParams) {
    if (simulator.refuse === 'invalid-sender') return report('InvalidSenderId', [])
    const message = form.get('message') ?? ''
    const from = form.get('from') ?? ''
    const recipients = (form.get('to') ?? '').split(',').map((number) => sendOne(number.trim(), message, from))
    const sent = recipients.filter(({ statusCode }) => statusCode === 101)
    const cost = (0.8 * segments(message) * sent.length).toFixed(4)
    return report(`Sent to ${sent.length}/${recipients.length} Total Cost: KES ${cost}`, recipients)
  }

  function sendOne(number: string, message: string, from: string): Recipient {
    const refused = { number, cost: '0', messageId: 'None' }
    if (!/^\+254[17]\d{8}$/.test(number)) return { statusCode: 403, status: 'InvalidPhoneNumber', ...refused }
    if (simulator.refuse && simulator.refuse !== 'invalid-sender') return { ...REFUSALS[simulator.refuse], ...refused }
    const messageId = `ATXid_${randomBytes(16).toString('hex')}`
    messages.add({ messageId, to: number, text: message, from })
    const cost = `KES ${(0.8 * segments(message)).toFixed(4)}`
    return { statusCode: 101, number, status: 'Success', cost, messageId }
  }

  const listener = await listenHttp(options, answer)
  const simulator: SmsSimulator = {
    url: listener.url,
    messages: messages.seen,
    down: false,
    loseResponse: false,
    silent: false,
    get unanswered() {
      return unanswered.seen.length
    },
    get mostUnanswered() {
      return mostWaiting
    },
    whenUnanswered: (count, timeoutMs) => unanswered.whenCount(count, timeoutMs),
    hangUp() {
      left.resolve('cut')
      left = Promise.withResolvers()
    },
    refuse: undefined,
    deliveryReportUrl: options.deliveryReportUrl,
    whenSent: (count = 1, timeoutMs) => messages.whenCount(count, timeoutMs),
    async sendDeliveryReport(messageId, status) {
      const message = messages.seen.find((sent) => sent.messageId === messageId)
      if (!message) throw new MlangoError('simulator-unknown-message', `no message has the id ${messageId}`)
      if (!simulator.deliveryReportUrl) {
        throw new MlangoError('simulator-no-report-url', 'the SMS simulator does not know where delivery reports go')
      }
      const form = new URLSearchParams({
        id: messageId,
        status,
        phoneNumber: message.to,
        networkCode: SAFARICOM_NETWORK_CODE,
        retryCount: '0',
        ...(status === 'Failed' && { failureReason: 'DeliveryFailure' }),
        ...(status === 'Rejected' && { failureReason: 'UserInBlacklist' }),
      })
      return await postHttp({
        url: simulator.deliveryReportUrl,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
        timeoutMs: REPORT_TIMEOUT_MS,
        signal: stopped.signal,
      })
    },
    async stop() {
      stopped.abort()
      simulator.hangUp()
      messages.close()
      unanswered.close()
      await listener.stop()
    },
  }
  return simulator
}

function report(message: string, recipients: Recipient[]) {
  return { SMSMessageData: { Message: message, Recipients: recipients } }
}

/** Who does not ask for JSON gets XML, and a JSON reader chokes on it. */
function xml({ SMSMessageData: { Message, Recipients } }: ReturnType<typeof report>): HttpAnswer {
  const recipients = Recipients.map(
    ({ statusCode, number, status, cost, messageId }) =>
      `<Recipient><number>${number}</number><cost>${cost}</cost><status>${status}</status>` +
      `<statusCode>${statusCode}</statusCode><messageId>${messageId}</messageId></Recipient>`,
  ).join('')
  return {
    status: 201,
    contentType: 'application/xml',
    body:
      `<AfricasTalkingResponse><SMSMessageData><Message>${Message}</Message>` +
      `<Recipients>${recipients}</Recipients></SMSMessageData></AfricasTalkingResponse>`,
  }
}

/** Charged parts of a GSM-7 text. */
function segments(message: string): number {
  return message.length <= 160 ? 1 : Math.ceil(message.length / 153)
}
