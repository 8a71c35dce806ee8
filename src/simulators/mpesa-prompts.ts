import { randomInt, randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { asError, MlangoError } from '../errors.ts'
import { callbackBody, nairobiDigits, type Payment, type StkResult } from './mpesa-messages.ts'
import type { PushRequest } from './mpesa-requests.ts'
import type { Script } from './mpesa-scenarios.ts'
import { postHttp } from './plain-http.ts'
import { Sightings } from './sightings.ts'

export interface AcceptedPush extends PushRequest {
  checkoutRequestId: string
  merchantRequestId: string
  receivedAtMs: number
}

export interface SentCallback {
  checkoutRequestId: string
  body: string
  /** The HTTP status it was answered with; null when there was no answer, and then `failure` says why. */
  status: number | null
  failure: string | null
}

/** One prompt on one phone. */
interface Prompt {
  push: AcceptedPush
  script: Script
  /** How it ended; null while the customer has not acted. */
  result: StkResult | null
  /** What the query says about the end; null while it is pending. */
  queryCode: number | null
}

interface Settings {
  clock: Clock
  shortcode: string
  pinDelayMs: number
  /** Money has moved, on a prompt or by hand. */
  moved(payment: Payment, reference: string): void
}

const CALLBACK_TIMEOUT_MS = 5_000
const RECEIPT_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** The prompts that M-PESA has put on phones, the money that customers paid on them, and the callbacks about it. */
export class MpesaPrompts {
  readonly pushes = new Sightings<AcceptedPush>('pushes')
  readonly callbacks = new Sightings<SentCallback>('callbacks')
  readonly payments = new Sightings<Payment>('payments')
  readonly #prompts = new Map<string, Prompt>()
  readonly #late = new Set<Prompt>()
  readonly #cancelTimers = new Set<() => void>()
  readonly #stopped = new AbortController()
  readonly #settings: Settings
  #lastIdMs = 0

  constructor(settings: Settings) {
    this.#settings = settings
  }

  accept(request: PushRequest, script: Script): Prompt {
    const nowMs = this.#settings.clock.nowMs()
    // The id is made of time and phone number, so no two may share a millisecond.
    this.#lastIdMs = Math.max(nowMs, this.#lastIdMs + 1)
    const digits = nairobiDigits(this.#lastIdMs)
    const date = digits.slice(6, 8) + digits.slice(4, 6) + digits.slice(0, 4)
    const push = {
      ...request,
      checkoutRequestId: `ws_CO_${date}${digits.slice(8)}${request.phoneNumber.slice(3)}`,
      merchantRequestId: randomUUID(),
      receivedAtMs: nowMs,
    }
    const prompt = { push, script, result: null, queryCode: null }
    this.#prompts.set(push.checkoutRequestId, prompt)
    this.pushes.add(push)
    return prompt
  }

  /** Leaves the prompt to the customer, who acts after a while. */
  show(prompt: Prompt): void {
    if (this.#stopped.signal.aborted) return
    if (prompt.script.late) {
      this.#late.add(prompt)
      return
    }
    const cancel = this.#settings.clock.after(this.#settings.pinDelayMs, () => {
      this.#cancelTimers.delete(cancel)
      void this.end(prompt)
    })
    this.#cancelTimers.add(cancel)
  }

  /** The customer acts; resolves when every callback about it was answered or lost. */
  async end(prompt: Prompt): Promise<void> {
    const { push, script } = prompt
    const resultCode = push.partiesFit ? script.resultCode : 2028
    prompt.result = {
      merchantRequestId: push.merchantRequestId,
      checkoutRequestId: push.checkoutRequestId,
      resultCode,
      ...(resultCode === 0 && { paid: this.#payment(push, push.amount + script.overpaidKes) }),
    }
    prompt.queryCode = resultCode
    if (prompt.result.paid) {
      this.payments.add(prompt.result.paid)
      this.#settings.moved(prompt.result.paid, push.accountReference)
    }
    for (let copy = 0; copy < script.copies; copy += 1) await this.#send(prompt, callbackOf(prompt, prompt.result))
    if (script.deniedBy !== null) {
      prompt.queryCode = script.deniedBy
      await this.#send(prompt, callbackBody({ ...idsOf(push), resultCode: script.deniedBy }))
    }
  }

  async releaseLate(): Promise<void> {
    const late = [...this.#late]
    this.#late.clear()
    await Promise.all(late.map((prompt) => this.end(prompt)))
  }

  /** Sends the callback of a prompt that has ended once more, or for the first time when it was lost. */
  async resend(checkoutRequestId: string): Promise<SentCallback> {
    const prompt = this.#known(checkoutRequestId)
    if (!prompt.result) throw new MlangoError('simulator-prompt-open', `the prompt ${checkoutRequestId} has not ended`)
    return await this.#send(prompt, callbackOf(prompt, prompt.result))
  }

  /** Sends a callback by hand. It is only talk: no money moves, and the query does not know of it. */
  async deliver(
    checkoutRequestId: string,
    said: { resultCode?: number; amount?: number; receipt?: string } = {},
  ): Promise<SentCallback> {
    const prompt = this.#known(checkoutRequestId)
    const { push, result } = prompt
    const resultCode = said.resultCode ?? 0
    const paid = result?.paid ?? this.#payment(push, push.amount)
    const body = callbackBody({
      ...idsOf(push),
      resultCode,
      ...(resultCode === 0 && {
        paid: { ...paid, amount: said.amount ?? paid.amount, receipt: said.receipt ?? paid.receipt },
      }),
    })
    return await this.#send(prompt, body)
  }

  /** The customer pays by the M-PESA menu: no prompt, only money. */
  payByHand(phoneNumber: string, amount: number): Payment {
    const payment = this.#payment({ phoneNumber }, amount)
    this.payments.add(payment)
    return payment
  }

  find(checkoutRequestId: string): Prompt | undefined {
    return this.#prompts.get(checkoutRequestId)
  }

  /** What this customer has really paid; without a number, what all have. */
  moneyTaken(phoneNumber?: string): { shillings: number; count: number } {
    const payments = this.payments.seen.filter((paid) => phoneNumber === undefined || paid.phoneNumber === phoneNumber)
    return { shillings: payments.reduce((sum, { amount }) => sum + amount, 0), count: payments.length }
  }

  stop(): void {
    this.#stopped.abort()
    for (const cancel of this.#cancelTimers) cancel()
    this.#cancelTimers.clear()
    this.pushes.close()
    this.callbacks.close()
    this.payments.close()
  }

  /** Once, whatever becomes of it. */
  async #send(prompt: Prompt, body: string): Promise<SentCallback> {
    const { checkoutRequestId, callbackUrl } = prompt.push
    const answer = await postHttp({
      url: callbackUrl,
      headers: {
        'Content-Type': 'application/json;charset=UTF-8',
        BusinessShortCode: this.#settings.shortcode,
      },
      body,
      timeoutMs: CALLBACK_TIMEOUT_MS,
      signal: this.#stopped.signal,
    }).then(
      (status) => ({ status, failure: null }),
      (thrown) => ({ status: null, failure: asError(thrown).message }),
    )
    const sent = { checkoutRequestId, body, ...answer }
    this.callbacks.add(sent)
    return sent
  }

  #known(checkoutRequestId: string): Prompt {
    const prompt = this.#prompts.get(checkoutRequestId)
    if (!prompt) throw new MlangoError('simulator-unknown-prompt', `no push has the id ${checkoutRequestId}`)
    return prompt
  }

  #payment({ phoneNumber }: { phoneNumber: string }, amount: number): Payment {
    const receipt = Array.from({ length: 10 }, () => RECEIPT_LETTERS[randomInt(RECEIPT_LETTERS.length)]).join('')
    return { amount, receipt, paidAtMs: this.#settings.clock.nowMs(), phoneNumber }
  }
}

function idsOf({ merchantRequestId, checkoutRequestId }: AcceptedPush) {
  return { merchantRequestId, checkoutRequestId }
}

function callbackOf({ push, script }: Prompt, result: StkResult): string {
  return callbackBody(script.metadata ? result : { ...idsOf(push), resultCode: result.resultCode })
}
