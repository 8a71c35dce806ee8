import * as z from 'zod'
import type { Clock } from '../clock.ts'
import { exchange } from '../http-exchange.ts'

export type TokenAnswer =
  | { outcome: 'token'; token: string }
  /** The consumer key or secret is wrong. */
  | { outcome: 'refused'; detail: string }
  | { outcome: 'unavailable'; detail: string }

const TIMEOUT_MS = 10_000
const USUAL_LIFE_SECONDS = 3599
/** A token is given up this long before its end, so that it never dies on the way. */
const MARGIN_SECONDS = 60

interface TokenRequest {
  answer: Promise<TokenAnswer>
  stop: AbortController
  waiting: number
}

const Issued = z.object({
  // It goes into a header.
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  expires_in: z.coerce.number().positive().max(86_400).catch(USUAL_LIFE_SECONDS),
})

/**
 * The access token of one Daraja app. Each token that is issued ends the one before, so there is one request for it at a
 * time, and everybody who waits gets the same.
 */
export class AccessToken {
  readonly #url: string
  readonly #authorization: string
  readonly #clock: Clock
  #token: string | undefined
  #request: TokenRequest | undefined
  #cancelExpiry: () => void = () => {}

  constructor(app: { baseUrl: string; consumerKey: string; consumerSecret: string }, clock: Clock) {
    this.#url = `${app.baseUrl}/oauth/v1/generate?grant_type=client_credentials`
    this.#authorization = `Basic ${Buffer.from(`${app.consumerKey}:${app.consumerSecret}`).toString('base64')}`
    this.#clock = clock
  }

  /** The one we have, or a new one. `signal` ends this caller's wait; the request goes on while anybody waits for it. */
  async get(signal: AbortSignal): Promise<TokenAnswer> {
    if (this.#token !== undefined) return { outcome: 'token', token: this.#token }
    this.#request ??= this.#start()
    const request = this.#request
    request.waiting += 1
    const answer = await unlessAborted(request.answer, signal)
    request.waiting -= 1
    if (request.waiting === 0) {
      request.stop.abort()
      if (this.#request === request) this.#request = undefined
    }
    return answer
  }

  /** Somebody's request was refused with `token`; a newer one stays. */
  drop(token: string): void {
    if (this.#token !== token) return
    this.#token = undefined
    this.#cancelExpiry()
  }

  #start(): TokenRequest {
    const stop = new AbortController()
    return { answer: this.#ask(stop.signal), stop, waiting: 0 }
  }

  async #ask(signal: AbortSignal): Promise<TokenAnswer> {
    const answer = await exchange(
      { method: 'GET', url: this.#url, headers: { Authorization: this.#authorization }, timeoutMs: TIMEOUT_MS },
      signal,
    )
    if (answer.outcome !== 'reply') return { outcome: 'unavailable', detail: `access token: ${answer.detail}` }
    const detail = `access token: HTTP ${answer.status}`
    if (answer.status === 400 || answer.status === 401) return { outcome: 'refused', detail }
    const issued = answer.status === 200 ? readIssued(answer.text) : undefined
    if (!issued) return { outcome: 'unavailable', detail }
    this.#keep(issued.access_token, issued.expires_in)
    return { outcome: 'token', token: issued.access_token }
  }

  /** Its life is measured by a timer, which a wrong or stepping wall clock cannot stretch. */
  #keep(token: string, lifeSeconds: number): void {
    this.#token = token
    this.#cancelExpiry()
    const usefulSeconds = Math.max(lifeSeconds - MARGIN_SECONDS, lifeSeconds / 2)
    this.#cancelExpiry = this.#clock.after(usefulSeconds * 1000, () => this.drop(token))
  }
}

function readIssued(text: string): z.infer<typeof Issued> | undefined {
  try {
    return Issued.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

async function unlessAborted(pending: Promise<TokenAnswer>, signal: AbortSignal): Promise<TokenAnswer> {
  const aborted = Promise.withResolvers<TokenAnswer>()
  const giveUp = () => aborted.resolve({ outcome: 'unavailable', detail: 'access token: stopped while waiting' })
  if (signal.aborted) giveUp()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([pending, aborted.promise])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
