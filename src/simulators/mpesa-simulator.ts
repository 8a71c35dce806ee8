import { type Clock, systemClock } from '../clock.ts'
import { MpesaC2b, type PayerForm } from './mpesa-c2b.ts'
import { type Payment, pushAcceptedBody, queryBody } from './mpesa-messages.ts'
import { type AcceptedPush, MpesaPrompts, type SentCallback } from './mpesa-prompts.ts'
import {
  BEING_PROCESSED,
  INVALID_AUTHENTICATION_HEADER,
  invalidField,
  METHOD_NOT_ALLOWED,
  NO_SUCH_RESOURCE,
  NO_SUCH_TRANSACTION,
  refuse,
  refuseTooFast,
  WORDLESS,
} from './mpesa-refusals.ts'
import { readPush, readQuery } from './mpesa-requests.ts'
import { SCENARIOS, type Scenario } from './mpesa-scenarios.ts'
import { MpesaTokens } from './mpesa-tokens.ts'
import { gatewayDown, type HttpAnswer, type HttpRequest, json, listenHttp } from './plain-http.ts'

/** How the query says "not yet": ResultCode 4999, an error that says so, or an error that says nothing. */
type PendingAnswer = 'code-4999' | 'being-processed' | 'wordless'

export interface MpesaSimulatorOptions {
  host?: string
  port?: number
  consumerKey: string
  consumerSecret: string
  shortcode: string
  passkey: string
  /** The till number when the merchant sells through a till; then only Buy Goods to it can be paid. */
  till?: string
  /** What happens to customers without a scenario of their own (success). */
  scenario?: Scenario
  /** How long a customer takes to act (50). */
  pinDelayMs?: number
  /** How long after the push the query knows the id; before, it calls it invalid (0). */
  queryReadyMs?: number
  /** The shortest time between two queries; faster ones get 429 (0 = no limit, Safaricom's sandbox: 12 000). */
  queryIntervalMs?: number
  pendingAnswer?: PendingAnswer
  clock?: Clock
}

export interface MpesaSimulator {
  readonly url: string
  /** Every accepted push, oldest first. */
  readonly pushes: readonly AcceptedPush[]
  /** Every authorized and well-formed query that was not too fast. */
  readonly queries: readonly { checkoutRequestId: string; receivedAtMs: number }[]
  /** Every callback that was answered or failed; one attempt each. */
  readonly callbacksSent: readonly SentCallback[]
  readonly tokensIssued: number
  defaultScenario: Scenario
  pendingAnswer: PendingAnswer
  /** While true every request gets 503 with an HTML page. */
  down: boolean
  /** What happens to this customer (2547..., with or without +) from now on. */
  scenario(phoneNumber: string, name: Scenario): void
  /** The current access token stops being good, as when another system asks for one. */
  revokeToken(): void
  /** The customers of `late` prompts pay now; resolves when their callbacks were answered or lost. */
  releaseLate(): Promise<void>
  /** How later reports of money name the payer. */
  payerForm: PayerForm
  /** While true, money is reported to nobody; the merchant's books still have it. */
  c2bSilent: boolean
  /** The numbers that the merchant has nominated for its books, repeats included. */
  readonly pullRegistrations: readonly string[]
  /** The merchant has said where to report money. */
  whenC2bRegistered(timeoutMs?: number): Promise<string>
  /** The customer pays by the M-PESA menu. `status`: what the report of it was answered with, if anybody was told. */
  payByHand(paid: {
    phoneNumber: string
    amount: number
    reference?: string
  }): Promise<Payment & { status: number | undefined }>
  /** Pushes of `slow-push` that wait get their answer now. */
  releaseSlow(): void
  /** The callback of a prompt that has ended once more, or for the first time when it was lost. */
  resendCallback(checkoutRequestId: string): Promise<SentCallback>
  /** Sends a callback by hand, a success for the asked amount unless told. It is only talk: no money moves. */
  deliver(
    checkoutRequestId: string,
    said?: { resultCode?: number; amount?: number; receipt?: string },
  ): Promise<SentCallback>
  /** What this customer has really paid; without a number, what all have. */
  moneyTaken(phoneNumber?: string): { shillings: number; count: number }
  /** Every payment of money by this customer, oldest first. */
  paymentsOf(phoneNumber: string): Payment[]
  /** The `count`-th accepted push since the start; rejects after `timeoutMs` (10 000). */
  whenPushed(count?: number, timeoutMs?: number): Promise<AcceptedPush>
  /** The `count`-th payment since the start: the money has moved, whether or not anybody was told. */
  whenPaid(count?: number, timeoutMs?: number): Promise<Payment>
  /** The `count`-th callback since the start that got any HTTP answer. */
  whenCallbackAnswered(count?: number, timeoutMs?: number): Promise<SentCallback>
  /** The `count`-th callback since the start, answered or not. */
  whenCallbackSent(count?: number, timeoutMs?: number): Promise<SentCallback>
  stop(): Promise<void>
}

/** Safaricom's Daraja API for STK push, and the customers' phones behind it, on a real socket. */
export async function startMpesaSimulator(options: MpesaSimulatorOptions): Promise<MpesaSimulator> {
  const { clock = systemClock, queryReadyMs = 0, queryIntervalMs = 0, pinDelayMs = 50 } = options
  const tokens = new MpesaTokens(options, clock)
  const c2b = new MpesaC2b(options)
  const prompts = new MpesaPrompts({
    ...{ clock, shortcode: options.shortcode, pinDelayMs },
    moved: (payment, reference) => void c2b.report(payment, reference),
  })
  const scenarios = new Map<string, Scenario>()
  const queries: { checkoutRequestId: string; receivedAtMs: number }[] = []
  let slow: (() => void)[] = []

  async function answerPush(request: HttpRequest): Promise<HttpAnswer> {
    const read = readPush(options, request)
    if (read.outcome === 'refused') return refuse(read.refusal)

    const script = SCENARIOS[scenarios.get(read.value.phoneNumber) ?? simulator.defaultScenario]
    if (typeof script.push === 'object') return refuse(script.push)
    if (script.push === 'gateway-down') return gatewayDown

    const prompt = prompts.accept(read.value, script)
    if (script.push === 'accepted-after-callback') await prompts.end(prompt)
    else {
      if (script.push === 'accepted-when-released') await new Promise<void>((resolve) => slow.push(resolve))
      prompts.show(prompt)
    }
    return script.push === 'cut' ? 'cut' : json(200, pushAcceptedBody(prompt.push))
  }

  function answerQuery(request: HttpRequest): HttpAnswer {
    const read = readQuery(options, request)
    if (read.outcome === 'refused') return refuse(read.refusal)
    const nowMs = clock.nowMs()
    const last = queries.at(-1)
    if (last && nowMs - last.receivedAtMs < queryIntervalMs) return refuseTooFast()
    queries.push({ checkoutRequestId: read.value, receivedAtMs: nowMs })

    const prompt = prompts.find(read.value)
    if (!prompt) return refuse(NO_SUCH_TRANSACTION)
    if (nowMs - prompt.push.receivedAtMs < queryReadyMs) return refuse(invalidField('CheckoutRequestID'))
    if (prompt.queryCode !== null) return json(200, queryBody(prompt.push, prompt.queryCode))
    if (simulator.pendingAnswer === 'being-processed') return refuse(BEING_PROCESSED)
    return simulator.pendingAnswer === 'wordless' ? refuse(WORDLESS) : json(200, queryBody(prompt.push))
  }

  function answer(request: HttpRequest): Promise<HttpAnswer> | HttpAnswer {
    if (simulator.down) return gatewayDown
    if (request.path === '/oauth/v1/generate') {
      return request.method === 'GET' ? tokens.answer(request) : refuse(METHOD_NOT_ALLOWED)
    }
    const endpoint = POST_ENDPOINTS[request.path]
    if (!endpoint) return refuse(NO_SUCH_RESOURCE)
    // GET for POST is answered as if the header were missing.
    if (request.method === 'GET') return refuse(INVALID_AUTHENTICATION_HEADER)
    if (request.method !== 'POST') return refuse(METHOD_NOT_ALLOWED)
    const refusal = tokens.refusalOf(request)
    return refusal ? refuse(refusal) : endpoint(request)
  }

  const POST_ENDPOINTS: Record<string, (request: HttpRequest) => Promise<HttpAnswer> | HttpAnswer> = {
    '/mpesa/stkpush/v1/processrequest': answerPush,
    '/mpesa/stkpushquery/v1/query': answerQuery,
    '/mpesa/c2b/v2/registerurl': (request) => c2b.register(request),
    '/pulltransactions/v1/register': (request) => c2b.registerPull(request),
    '/pulltransactions/v1/query': (request) => c2b.pull(request),
  }

  const listener = await listenHttp(options, answer)
  const simulator: MpesaSimulator = {
    url: listener.url,
    pushes: prompts.pushes.seen,
    queries,
    callbacksSent: prompts.callbacks.seen,
    get tokensIssued() {
      return tokens.issued
    },
    defaultScenario: options.scenario ?? 'success',
    pendingAnswer: options.pendingAnswer ?? 'code-4999',
    down: false,
    scenario: (phoneNumber, name) => void scenarios.set(withoutPlus(phoneNumber), name),
    revokeToken: () => tokens.revoke(),
    releaseLate: () => prompts.releaseLate(),
    get payerForm() {
      return c2b.payerForm
    },
    set payerForm(form) {
      c2b.payerForm = form
    },
    get c2bSilent() {
      return c2b.silent
    },
    set c2bSilent(silent) {
      c2b.silent = silent
    },
    pullRegistrations: c2b.pullRegistrations,
    whenC2bRegistered: (timeoutMs) => c2b.registrations.whenCount(1, timeoutMs),
    async payByHand({ phoneNumber, amount, reference = '' }) {
      const payment = prompts.payByHand(withoutPlus(phoneNumber), amount)
      return { ...payment, status: await c2b.report(payment, reference) }
    },
    releaseSlow() {
      for (const release of slow) release()
      slow = []
    },
    resendCallback: (checkoutRequestId) => prompts.resend(checkoutRequestId),
    deliver: (checkoutRequestId, said) => prompts.deliver(checkoutRequestId, said),
    paymentsOf: (phoneNumber) =>
      prompts.payments.seen.filter((payment) => payment.phoneNumber === withoutPlus(phoneNumber)),
    moneyTaken: (phoneNumber) => prompts.moneyTaken(phoneNumber && withoutPlus(phoneNumber)),
    whenPushed: (count = 1, timeoutMs) => prompts.pushes.whenCount(count, timeoutMs),
    whenPaid: (count = 1, timeoutMs) => prompts.payments.whenCount(count, timeoutMs),
    whenCallbackAnswered: (count = 1, timeoutMs) =>
      prompts.callbacks.when((seen) => seen.filter(({ status }) => status !== null)[count - 1], timeoutMs),
    whenCallbackSent: (count = 1, timeoutMs) => prompts.callbacks.whenCount(count, timeoutMs),
    async stop() {
      prompts.stop()
      c2b.stop()
      await listener.stop()
    },
  }
  return simulator
}

function withoutPlus(phoneNumber: string): string {
  return phoneNumber.replace(/^\+/, '')
}
