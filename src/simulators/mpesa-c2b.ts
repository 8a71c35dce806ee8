import { createHash, randomUUID } from 'node:crypto'
import { nairobiDigits, type Payment } from './mpesa-messages.ts'
import { invalidField, refuse } from './mpesa-refusals.ts'
import { type HttpAnswer, type HttpRequest, json, postHttp } from './plain-http.ts'
import { Sightings } from './sightings.ts'

/** How a payer is named: as on the phone, by SHA-256, or with the middle hidden. */
export type PayerForm = 'plain' | 'hashed' | 'masked'

const TIMEOUT_MS = 5_000

/** Reports of money to the addresses that the merchant has registered, and the merchant's own books. */
export class MpesaC2b {
  payerForm: PayerForm = 'plain'
  /** While true nobody is told of money; only the books know. */
  silent = false
  /** The numbers that were nominated, repeats included. */
  readonly pullRegistrations: string[] = []
  readonly registrations = new Sightings<string>('registrations')
  readonly #books: { payment: Payment; reference: string }[] = []
  readonly #merchant: { shortcode: string; till?: string | undefined }
  readonly #stopped = new AbortController()
  #confirmationUrl: string | undefined

  constructor(merchant: { shortcode: string; till?: string | undefined }) {
    this.#merchant = merchant
  }

  register(request: HttpRequest): HttpAnswer {
    const { ShortCode, ResponseType, ConfirmationURL, ValidationURL } = JSON.parse(request.body)
    if (ShortCode !== this.#merchant.shortcode) return refuse(invalidField('ShortCode'))
    if (ResponseType !== 'Completed' && ResponseType !== 'Cancelled') return refuse(invalidField('ResponseType'))
    for (const url of [ConfirmationURL, ValidationURL]) {
      if (!URL.canParse(url) || /m-pesa|safaricom|\bexe\b|cmd|sql|query/i.test(new URL(url).pathname)) {
        return refuse(invalidField('ConfirmationURL'))
      }
    }
    this.#confirmationUrl = ConfirmationURL
    this.registrations.add(ConfirmationURL)
    // So spelled.
    return json(200, { OriginatorCoversationID: randomUUID(), ResponseCode: '0', ResponseDescription: 'success' })
  }

  /** Money has moved. Resolves to the status that the report of it was answered with; undefined when nobody was told. */
  async report(payment: Payment, reference: string): Promise<number | undefined> {
    this.#books.push({ payment, reference })
    if (this.#confirmationUrl === undefined || this.silent) return undefined
    const body = JSON.stringify({
      TransactionType: this.#merchant.till ? 'Buy Goods' : 'Pay Bill',
      TransID: payment.receipt,
      TransTime: nairobiDigits(payment.paidAtMs).slice(0, 14),
      TransAmount: payment.amount.toFixed(2),
      BusinessShortCode: this.#merchant.shortcode,
      BillRefNumber: this.#merchant.till ? '' : reference,
      InvoiceNumber: '',
      OrgAccountBalance: '1000.00',
      ThirdPartyTransID: '',
      MSISDN: nameOf(payment.phoneNumber, this.payerForm),
      FirstName: 'JANE',
      MiddleName: '',
      LastName: '',
    })
    const headers = { 'Content-Type': 'application/json' }
    const url = this.#confirmationUrl
    return postHttp({ url, headers, body, timeoutMs: TIMEOUT_MS, signal: this.#stopped.signal }).catch(() => undefined)
  }

  /** Once per shortcode; then the books may be asked for. */
  registerPull(request: HttpRequest): HttpAnswer {
    const { ShortCode, RequestType, NominatedNumber, CallBackURL } = JSON.parse(request.body)
    if (ShortCode !== this.#merchant.shortcode) return refuse(invalidField('ShortCode'))
    if (RequestType !== 'Pull') return refuse(invalidField('RequestType'))
    if (!/^254[17]\d{8}$/.test(NominatedNumber)) return refuse(invalidField('NominatedNumber'))
    if (!URL.canParse(CallBackURL)) return refuse(invalidField('CallBackURL'))
    const isNew = this.pullRegistrations.push(NominatedNumber) === 1
    return json(200, {
      ResponseRefID: randomUUID(),
      ResponseStatus: isNew ? '1000' : '1001',
      ShortCode,
      ResponseDescription: isNew ? 'ShortCode Registered Successfully' : 'ShortCode already Registered',
    })
  }

  /** A page of the books, 100 lines from `OffSetValue` on. */
  pull(request: HttpRequest): HttpAnswer {
    const { StartDate, EndDate, OffSetValue } = JSON.parse(request.body)
    const inWindow = this.#books.filter(({ payment }) => {
      const time = bookTime(payment.paidAtMs)
      return time >= StartDate && time <= EndDate
    })
    const rows = inWindow.slice(Number(OffSetValue), Number(OffSetValue) + 100).map(({ payment, reference }) => ({
      transactionId: payment.receipt,
      trxDate: bookTime(payment.paidAtMs),
      msisdn: payment.phoneNumber.slice(3),
      sender: 'MPESA',
      transactiontype: 'c2b-pay-bill-debit',
      billreference: reference,
      amount: payment.amount.toFixed(2),
      organizationname: 'WiFi',
    }))
    return json(200, {
      ResponseRefID: randomUUID(),
      ResponseCode: '1000',
      ResponseMessage: 'Success',
      Response: [rows],
    })
  }

  stop(): void {
    this.registrations.close()
    this.#stopped.abort()
  }
}

function nameOf(phoneNumber: string, form: PayerForm): string {
  if (form === 'hashed') return createHash('sha256').update(phoneNumber).digest('hex')
  return form === 'masked' ? `${phoneNumber.slice(0, 4)} ***** ${phoneNumber.slice(-3)}` : phoneNumber
}

const bookTime = (timeMs: number) =>
  nairobiDigits(timeMs).replace(/^(....)(..)(..)(..)(..)(..).*$/, '$1-$2-$3 $4:$5:$6')
