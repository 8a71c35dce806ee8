import type { MoneyReport } from '../billing/receive-money.ts'
import { readBillReference } from './c2b-body.ts'
import { readCsv } from './csv.ts'
import { readCents, readReceipt } from './money-fields.ts'
import { fromNairobiTime } from './nairobi-time.ts'
import { readPayer } from './payer.ts'

export interface Statement {
  rows: { report: MoneyReport; line: string }[]
  /** Lines that tell of no money that came in: withdrawals, charges, what failed, what cannot be read. */
  leftOut: number
}

/** Names of columns as the M-PESA organisation portal and others write them, without case, spaces and dots. */
const COLUMNS = {
  receipt: ['receiptno', 'receipt', 'receiptnumber', 'transid', 'transactionid'],
  paidAt: ['completiontime', 'transtime', 'transactiondate', 'trxdate', 'date'],
  amount: ['paidin', 'amount', 'transamount'],
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
  const rows = lines.slice(at + 1).flatMap((line) => {
    const cell = (column: Column) => line[placeOf(header, column)]?.trim()
    const report = readLine(cell)
    return report ? [{ report, line: line.join(',') }] : []
  })
  return { rows, leftOut: lines.length - at - 1 - rows.length }
}

function readLine(cell: (column: Column) => string | undefined): MoneyReport | undefined {
  const receipt = readReceipt(cell('receipt'))
  const amountCents = readCents(cell('amount')?.replaceAll(',', ''))
  const status = cell('status')
  if (receipt === undefined || amountCents === undefined) return undefined
  if (status !== undefined && status !== '' && !/^completed$/i.test(status)) return undefined
  return {
    kind: 'money',
    receipt,
    amountCents,
    billReference: readBillReference(cell('reference')),
    payer: readPayer(cell('payer')),
    paidAtMs: readDay(cell('paidAt') ?? ''),
  }
}

/** `2026-11-24 13:05:00`, also day first. */
function readDay(written: string): number | null {
  const [, day, month, year, rest] = /^(\d\d)[-/](\d\d)[-/](\d{4})(.*)$/.exec(written) ?? []
  return fromNairobiTime(day === undefined ? written.replaceAll('/', '-') : `${year}-${month}-${day}${rest}`) ?? null
}
