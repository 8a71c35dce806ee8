import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import {
  INVALID_ACCESS_TOKEN,
  INVALID_AUTHENTICATION,
  INVALID_AUTHENTICATION_HEADER,
  INVALID_GRANT_TYPE,
  type Refusal,
  refuse,
} from './mpesa-refusals.ts'
import { type HttpAnswer, type HttpRequest, json } from './plain-http.ts'

const LIFE_MS = 3_600_000

/** Access tokens of one app: only the newest one is good. */
export class MpesaTokens {
  issued = 0
  readonly #credentials: string
  readonly #clock: Clock
  #current: { token: string; expiresAtMs: number } | null = null

  constructor({ consumerKey, consumerSecret }: { consumerKey: string; consumerSecret: string }, clock: Clock) {
    this.#credentials = `Basic ${Buffer.from(`${consumerKey}:${consumerSecret}`).toString('base64')}`
    this.#clock = clock
  }

  answer({ query, headers }: HttpRequest): HttpAnswer {
    if (query.get('grant_type') !== 'client_credentials') return refuse(INVALID_GRANT_TYPE)
    if (headers.authorization !== this.#credentials) return refuse(INVALID_AUTHENTICATION)
    const token = randomBytes(21).toString('base64url')
    this.#current = { token, expiresAtMs: this.#clock.nowMs() + LIFE_MS }
    this.issued += 1
    return json(200, { access_token: token, expires_in: '3599' })
  }

  /** What is wrong with the caller's token, if anything. */
  refusalOf({ headers }: HttpRequest): Refusal | null {
    if (!headers.authorization) return INVALID_AUTHENTICATION_HEADER
    const isGood =
      this.#current !== null &&
      headers.authorization === `Bearer ${this.#current.token}` &&
      this.#clock.nowMs() < this.#current.expiresAtMs
    return isGood ? null : INVALID_ACCESS_TOKEN
  }

  revoke(): void {
    this.#current = null
  }
}
