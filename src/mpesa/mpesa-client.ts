import type { Clock } from '../clock.ts'
import { MlangoError } from '../errors.ts'
import { exchange } from '../http-exchange.ts'
import type { Log } from '../log.ts'
import { AccessToken } from './access-token.ts'
import { readDarajaReply, refusesToken } from './daraja-reply.ts'
import { nairobiTimestamp } from './nairobi-time.ts'
import { type PullAnswer, pullAnswerOf, pullTime } from './pull-answer.ts'
import { type PullRegistrationAnswer, pullRegistrationOf } from './pull-registration.ts'
import { type PushAnswer, pushAnswerOf } from './push-answer.ts'
import { type QueryAnswer, queryAnswerOf } from './query-answer.ts'

export interface MpesaSettings {
  baseUrl: string
  consumerKey: string
  consumerSecret: string
  /** The paybill; for a till the store number that it was registered with. */
  shortcode: string
  passkey: string
  type: 'paybill' | 'till'
  /** The number that customers pay to; needed when `type` is till. */
  till?: string
}

export interface PushOrder {
  /** `2547XXXXXXXX` or `2541XXXXXXXX` */
  phoneNumber: string
  amountShillings: number
  /** At most 12 letters and digits, shown to the customer. */
  accountReference: string
  /** At most 13 characters. */
  description: string
  callbackUrl: string
}

/** Safaricom's Daraja API as far as selling needs it. Nothing here throws: whatever goes wrong is an answer. */
export interface MpesaClient {
  /** Asks M-PESA to prompt a phone. Sent at most once; only a refused access token, which proves that nothing ran, is tried again. */
  push(order: PushOrder, signal: AbortSignal): Promise<PushAnswer>
  /** Asks what became of a prompt. */
  query(checkoutRequestId: string, signal: AbortSignal): Promise<QueryAnswer>
  /** One page of the money that came in, as M-PESA's own books have it. */
  pull(window: { fromMs: number; untilMs: number; offset: number }, signal: AbortSignal): Promise<PullAnswer>
  /** Registers the shortcode for `pull`, with a phone number of its owner. M-PESA takes it once; a repeat changes nothing. */
  registerPull(
    registration: { nominatedNumber: string; callbackUrl: string },
    signal: AbortSignal,
  ): Promise<PullRegistrationAnswer>
  /** Tells M-PESA, once for all, where to report money. Money is never refused when we do not answer. */
  registerC2b(urls: { confirmation: string; validation: string }, signal: AbortSignal): Promise<RegisterAnswer>
}

export type RegisterAnswer = { outcome: 'registered' } | { outcome: 'refused'; detail: string }

const PUSH_TIMEOUT_MS = 30_000
const QUERY_TIMEOUT_MS = 15_000
const PULL_TIMEOUT_MS = 30_000

type Unanswered =
  | { outcome: 'unsent'; detail: string }
  | { outcome: 'lost'; detail: string }
  /** M-PESA does not accept this app's key or tokens; nothing was done. */
  | { outcome: 'misconfigured'; detail: string }

export function openMpesaClient(settings: MpesaSettings, { log, clock }: { log: Log; clock: Clock }): MpesaClient {
  const baseUrl = settings.baseUrl.replace(/\/+$/, '')
  const token = new AccessToken({ ...settings, baseUrl }, clock)
  const receiver = receiverOf(settings)

  function signature() {
    const timestamp = nairobiTimestamp(clock.nowMs())
    return {
      BusinessShortCode: settings.shortcode,
      Password: Buffer.from(settings.shortcode + settings.passkey + timestamp).toString('base64'),
      Timestamp: timestamp,
    }
  }

  /** One request, and a second one only after `read` found that the first was refused for its token alone. */
  async function ask<Answer extends { outcome: string }>(
    request: { path: string; body: object; timeoutMs: number },
    read: (reply: { status: number; text: string }) => Answer | { outcome: 'token-refused' },
    signal: AbortSignal,
  ): Promise<Answer | Unanswered> {
    const body = JSON.stringify(request.body)
    for (let tries = 0; tries < 2; tries++) {
      const access = await token.get(signal)
      if (access.outcome === 'refused') return { outcome: 'misconfigured', detail: access.detail }
      if (access.outcome === 'unavailable') return { outcome: 'unsent', detail: access.detail }
      const answer = await exchange(
        {
          method: 'POST',
          url: baseUrl + request.path,
          headers: { Authorization: `Bearer ${access.token}`, 'Content-Type': 'application/json' },
          body,
          timeoutMs: request.timeoutMs,
        },
        signal,
      )
      if (answer.outcome !== 'reply') return answer
      const said = read(answer)
      if (said.outcome !== 'token-refused') return said as Answer
      token.drop(access.token)
    }
    return { outcome: 'misconfigured', detail: 'a new access token was refused too' }
  }

  return {
    async push({ phoneNumber, amountShillings, accountReference, description, callbackUrl }, signal) {
      const body = {
        ...signature(),
        ...receiver,
        Amount: amountShillings,
        PartyA: phoneNumber,
        PhoneNumber: phoneNumber,
        CallBackURL: callbackUrl,
        AccountReference: accountReference,
        TransactionDesc: description,
      }
      const request = { path: '/mpesa/stkpush/v1/processrequest', body, timeoutMs: PUSH_TIMEOUT_MS }
      const said = await ask(request, pushAnswerOf, signal)
      const answer: PushAnswer =
        said.outcome === 'misconfigured'
          ? { outcome: 'refused', failure: 'mpesa-down', detail: said.detail, alarm: true }
          : said
      if (answer.outcome === 'refused' && answer.alarm) {
        log.error({ detail: answer.detail }, 'M-PESA refuses this site’s requests; check the [mpesa] settings')
      }
      return answer
    },

    async query(checkoutRequestId, signal) {
      const request = {
        path: '/mpesa/stkpushquery/v1/query',
        body: { ...signature(), CheckoutRequestID: checkoutRequestId },
        timeoutMs: QUERY_TIMEOUT_MS,
      }
      const said = await ask(request, (reply) => queryAnswerOf(reply, checkoutRequestId), signal)
      switch (said.outcome) {
        case 'unsent':
        case 'lost':
          return { outcome: 'unreached', detail: said.detail }
        case 'misconfigured':
          return { outcome: 'no-answer', detail: said.detail }
        default:
          return said
      }
    },

    async pull({ fromMs, untilMs, offset }, signal) {
      const request = {
        path: '/pulltransactions/v1/query',
        body: {
          ShortCode: settings.shortcode,
          StartDate: pullTime(fromMs),
          EndDate: pullTime(untilMs),
          OffSetValue: String(offset),
        },
        timeoutMs: PULL_TIMEOUT_MS,
      }
      const said = await ask(request, pullAnswerOf, signal)
      return said.outcome === 'rows' ? said : { outcome: 'no-answer', detail: said.detail }
    },

    async registerPull({ nominatedNumber, callbackUrl }, signal) {
      const request = {
        path: '/pulltransactions/v1/register',
        body: {
          ShortCode: settings.shortcode,
          RequestType: 'Pull',
          NominatedNumber: nominatedNumber,
          CallBackURL: callbackUrl,
        },
        timeoutMs: PULL_TIMEOUT_MS,
      }
      const said = await ask(request, pullRegistrationOf, signal)
      switch (said.outcome) {
        case 'registered':
        case 'refused':
          return said
        default:
          return { outcome: 'no-answer', detail: said.detail }
      }
    },

    async registerC2b({ confirmation, validation }, signal) {
      const request = {
        path: '/mpesa/c2b/v2/registerurl',
        body: {
          ShortCode: settings.shortcode,
          ResponseType: 'Completed',
          ConfirmationURL: confirmation,
          ValidationURL: validation,
        },
        timeoutMs: QUERY_TIMEOUT_MS,
      }
      const said = await ask(request, registerAnswerOf, signal)
      return said.outcome === 'registered' ? said : { outcome: 'refused', detail: said.detail }
    },
  }
}

function registerAnswerOf(reply: { status: number; text: string }): RegisterAnswer | { outcome: 'token-refused' } {
  const daraja = readDarajaReply(reply)
  if (refusesToken(daraja)) return { outcome: 'token-refused' }
  return daraja.status === 200 && /^0+$/.test(daraja.responseCode ?? '')
    ? { outcome: 'registered' }
    : { outcome: 'refused', detail: daraja.detail }
}

function receiverOf({ type, shortcode, till }: MpesaSettings) {
  if (type === 'paybill') return { TransactionType: 'CustomerPayBillOnline', PartyB: shortcode }
  if (till === undefined) {
    throw new MlangoError('config-invalid', '[mpesa] till is missing; it is needed with type = "till"')
  }
  return { TransactionType: 'CustomerBuyGoodsOnline', PartyB: till }
}
