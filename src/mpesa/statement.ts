import type { MoneyOut, StatementBalance } from '../billing/float.ts'
import type { MoneyReport } from '../billing/receive-money.ts'
import { readBillReference } from './c2b-body.ts'
import { readCsv } from './csv.ts'
import { readCents, readReceipt } from './money-fields.ts'
import { fromNairobiTime } from './nairobi-time.ts'
import { readPayer } from './payer.ts'

export interface Statement {
  rows: { report: MoneyReport; line: string }[]
  out: MoneyOut[]
  balance: StatementBalance | undefined
  /** Lines that tell of no money: what failed, what cannot be read. */
  leftOut: number
  /** Whose it is, where it says so above its table. */
  shortcode: string | undefined
  /** The first amount that is not written as M-PESA writes it: how its other amounts are meant nobody knows either. */
  unclear: { receipt: string; amount: string } | undefined
}

/** Names of columns as the M-PESA organisation portal and others write them, without case, spaces and dots. */
const COLUMNS = {
  receipt: ['receiptno', 'receipt', 'receiptnumber', 'transid', 'transactionid'],
  paidAt: ['completiontime', 'transtime', 'transactiondate', 'trxdate', 'date'],
  amount: ['paidin', 'amount', 'transamount'],
  withdrawn: ['withdrawn', 'paidout'],
  balance: ['balance'],
  details: ['details'],
  reason: ['reasontype'],
  about: ['linkedtransactionid'],
  status: ['transactionstatus', 'status'],
  payer: ['otherpartyinfo', 'msisdn', 'phonenumber', 'phone'],
  reference: ['acno', 'accountno', 'accountnumber', 'billrefnumber', 'billreference', 'reference'],
} as const

type Column = keyof typeof COLUMNS

/** The organisation portal's statement as CSV; undefined when it has no line that names receipt and amount. */
export function readStatement(text: string): Statement | undefined {
  const lines = readCsv(text)
  const plain = (cell: string) => cell.toLowerCase().replace(/[^a-z]/g, '')
  const placeOf = (header: string[], column: Column) =>
    header.findIndex((cell) => (COLUMNS[column] as readonly string[]).includes(plain(cell)))
  // The portal writes some lines about the account above its table.
  const at = lines.findIndex((line) => placeOf(line, 'receipt') >= 0 && placeOf(line, 'amount') >= 0)
  const header = lines[at]
  if (!header) return undefined
  const told = lines.slice(at + 1).map((line) => ({
    line: line.join(','),
    cell: (column: Column) => line[placeOf(header, column)]?.trim(),
  }))
  const done = told.filter(({ cell }) => /^(completed)?$/i.test(cell('status') ?? ''))
  const rows = done.flatMap(({ cell, line }) => {
    const report = readLine(cell)
    return report ? [{ report, line }] : []
  })
  const out = done.flatMap(({ cell }) => readOut(cell) ?? [])
  const balance = newestOf(done.flatMap(({ cell }) => readBalance(cell) ?? []))
  const shortcode = shortcodeOf(lines.slice(0, at))
  const [unclear] = done.flatMap(({ cell }) => unclearIn(cell) ?? [])
  return { rows, out, balance, leftOut: told.length - rows.length - out.length, shortcode, unclear }
}

/** A comma stands between thousands and a dot before cents. A spreadsheet may know it the other way round: `1.010,00`. */
const AMOUNT = /^-?(\d{1,3}(,\d{3})+|\d+)(\.\d{1,2})?$/

function unclearIn(cell: Cell): Statement['unclear'] {
  const written = (['amount', 'withdrawn', 'balance'] as const).map((column) => cell(column) ?? '')
  const amount = written.find((one) => one !== '' && !AMOUNT.test(one))
  return amount === undefined ? undefined : { receipt: cell('receipt') ?? '', amount }
}

/** `Short Code:,600638`, also in one cell. */
function shortcodeOf(above: string[][]): string | undefined {
  const line = above.find(([first = '']) => /^\s*short ?code/i.test(first))
  return /\b\d{5,7}\b/.exec(line?.join(' ') ?? '')?.[0]
}

type Cell = (column: Column) => string | undefined

function readLine(cell: Cell): MoneyReport | undefined {
  const receipt = readReceipt(cell('receipt'))
  const amountCents = readCents(cell('amount')?.replaceAll(',', ''))
  if (receipt === undefined || amountCents === undefined) return undefined
  return {
    kind: 'money',
    receipt,
    amountCents,
    billReference: readBillReference(cell('reference')),
    payer: readPayer(cell('payer')),
    paidAtMs: readDay(cell('paidAt') ?? ''),
  }
}

function readOut(cell: Cell): MoneyOut | undefined {
  const receipt = readReceipt(cell('receipt'))
  const amountCents = readCents(cell('withdrawn')?.replace(/[,-]/g, ''))
  const atMs = readDay(cell('paidAt') ?? '')
  if (receipt === undefined || amountCents === undefined || atMs === null) return undefined
  const kind = kindOf(`${cell('details') ?? ''} ${cell('reason') ?? ''}`)
  return { receipt, kind, amountCents, aboutReceipt: readReceipt(cell('about')) ?? null, atMs }
}

/** What is neither M-PESA's charge nor the owner's own transfer goes to somebody. */
function kindOf(said: string): MoneyOut['kind'] {
  if (/\b(charges?|fees?|tariff|excise)\b/i.test(said)) return 'fee'
  if (/revers|customer|b2c|salary|promotion/i.test(said)) return 'other'
  return /bank|settle|transfer|withdraw|b2b|organi[sz]ation/i.test(said) ? 'bank' : 'other'
}

function readBalance(cell: Cell): StatementBalance | undefined {
  const written = cell('balance')?.replaceAll(',', '') ?? ''
  const cents = /^0+(\.0*)?$/.test(written) ? 0 : readCents(written)
  const atMs = readDay(cell('paidAt') ?? '')
  return cents === undefined || atMs === null ? undefined : { cents, atMs }
}

/** Of several lines of one second the one at that end of the statement where the newest stand. */
function newestOf(told: StatementBalance[]): StatementBalance | undefined {
  const newestFirst = (told[0]?.atMs ?? 0) > (told.at(-1)?.atMs ?? 0)
  const atMs = Math.max(...told.map((one) => one.atMs))
  return newestFirst ? told.find((one) => one.atMs === atMs) : told.findLast((one) => one.atMs === atMs)
}

/** `2026-11-24 13:05:00`, also day first, and as a spreadsheet saves it: `24/11/2026 13:05`. */
function readDay(written: string): number | null {
  const [, day, month, year, rest] = /^(\d\d)[-/](\d\d)[-/](\d{4})(.*)$/.exec(written) ?? []
  const moment = day === undefined ? written.replaceAll('/', '-') : `${year}-${month}-${day}${rest}`
  return fromNairobiTime(/ \d\d:\d\d$/.test(moment) ? `${moment}:00` : moment) ?? null
}
