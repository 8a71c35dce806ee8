import { INVALID_PAYLOAD, invalidField, NO_SUCH_MERCHANT, type Refusal, WRONG_CREDENTIALS } from './mpesa-refusals.ts'
import type { HttpRequest } from './plain-http.ts'

/** Whose money it is: a paybill, or a till (then `shortcode` is the store number). */
interface Merchant {
  shortcode: string
  passkey: string
  till?: string | undefined
}

export interface PushRequest {
  /** 12 digits, 2547... or 2541... */
  phoneNumber: string
  /** Whole shillings. */
  amount: number
  accountReference: string
  callbackUrl: string
  /** Whether TransactionType and PartyB fit the merchant; Daraja tells only in the result. */
  partiesFit: boolean
}

type Read<T> = { outcome: 'valid'; value: T } | { outcome: 'refused'; refusal: Refusal }

type Fields = Record<string, unknown>
type Rule = [field: string, isValid: (value: string) => boolean]

const TRANSACTION_TYPES = ['CustomerPayBillOnline', 'CustomerBuyGoodsOnline']
const LARGEST_AMOUNT_KES = 250_000

const isPhoneNumber = (value: string) => /^254[17]\d{8}$/.test(value)
const isShortcode = (value: string) => /^\d{5,7}$/.test(value)
const isAmount = (value: string) => /^[1-9]\d*$/.test(value) && Number(value) <= LARGEST_AMOUNT_KES

const SIGNATURE_RULES: Rule[] = [
  ['BusinessShortCode', isShortcode],
  ['Password', (value) => value !== ''],
  ['Timestamp', isTimestamp],
]

const PUSH_RULES: Rule[] = [
  ...SIGNATURE_RULES,
  ['TransactionType', (value) => TRANSACTION_TYPES.includes(value)],
  ['Amount', isAmount],
  ['PartyA', isPhoneNumber],
  ['PartyB', isShortcode],
  ['PhoneNumber', isPhoneNumber],
  // Daraja insists on https; plain http is let through so that the merchant can live on loopback. An upper-case host is refused.
  ['CallBackURL', (value) => URL.canParse(value) && /^https?:\/\/[^/?#A-Z]+(\/|$)/.test(value)],
  ['AccountReference', (value) => /^[A-Za-z0-9]{1,12}$/.test(value)],
  ['TransactionDesc', (value) => value.length <= 13],
]

const QUERY_RULES: Rule[] = [...SIGNATURE_RULES, ['CheckoutRequestID', (value) => value !== '']]

/** Reads an STK push as strictly as Daraja documents it. */
export function readPush(merchant: Merchant, request: HttpRequest): Read<PushRequest> {
  const read = readSigned(merchant, PUSH_RULES, request)
  if (read.outcome === 'refused') return read
  const field = (name: string) => textOf(read.value[name])
  return {
    outcome: 'valid',
    value: {
      phoneNumber: field('PhoneNumber'),
      amount: Number(field('Amount')),
      accountReference: field('AccountReference'),
      callbackUrl: field('CallBackURL'),
      partiesFit: merchant.till
        ? field('TransactionType') === 'CustomerBuyGoodsOnline' && field('PartyB') === merchant.till
        : field('TransactionType') === 'CustomerPayBillOnline' && field('PartyB') === merchant.shortcode,
    },
  }
}

/** The CheckoutRequestID that an STK query asks about. */
export function readQuery(merchant: Merchant, request: HttpRequest): Read<string> {
  const read = readSigned(merchant, QUERY_RULES, request)
  return read.outcome === 'refused' ? read : { outcome: 'valid', value: textOf(read.value.CheckoutRequestID) }
}

function readSigned(merchant: Merchant, rules: Rule[], { headers, body }: HttpRequest): Read<Fields> {
  // Daraja does not read a body of another type, and then misses the first field.
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) return refused(invalidField('BusinessShortCode'))
  const fields = parseObject(body)
  if (!fields) return refused(INVALID_PAYLOAD)

  const broken = rules.find(([name, isValid]) => !isValid(textOf(fields[name])))
  if (broken) return refused(invalidField(broken[0]))
  if (textOf(fields.BusinessShortCode) !== merchant.shortcode) return refused(NO_SUCH_MERCHANT)
  const password = Buffer.from(merchant.shortcode + merchant.passkey + textOf(fields.Timestamp)).toString('base64')
  if (fields.Password !== password) return refused(WRONG_CREDENTIALS)
  return { outcome: 'valid', value: fields }
}

function refused(refusal: Refusal): { outcome: 'refused'; refusal: Refusal } {
  return { outcome: 'refused', refusal }
}

function parseObject(body: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** Numbers and numeric strings are the same to Daraja; anything that is neither counts as missing. */
function textOf(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? value : ''
}

/** YYYYMMDDHHmmss that names a moment. */
function isTimestamp(value: string): boolean {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(value)
  if (!parts) return false
  const [, year, month, day, hour, minute, second] = parts
  return !Number.isNaN(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`))
}
