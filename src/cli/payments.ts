import { type Command, idWord, readWords, WrongUsage } from './command.ts'
import { openDaemon } from './daemon.ts'
import { readFile } from './named-files.ts'
import { print, table, tableOr } from './print.ts'
import { siteTime } from './site-time.ts'

interface PaymentAnswer {
  payment_id: string
  status: string
  amount_cents: number
  currency: string
  phone_masked: string
  package: { name: string }
  created_at: string
}

const list: Command = {
  name: 'payment list',
  usage: '[--state STATE] [--phone NUMBER] [--from TIME] [--to TIME] [--json]',
  summary: 'the last 50 payments, or the last of a state (as the list shows it), a phone, a time',
  async run(words) {
    const { options } = readWords(words, { state: 'string', phone: 'string', from: 'string', to: 'string' })
    const { state, phone, from, to } = options
    const query = new URLSearchParams({ limit: '50' })
    for (const [name, value] of Object.entries({ state, phone_number: phone, from, to }))
      if (value !== undefined) query.set(name, value)
    const daemon = openDaemon(options.config)
    const { items } = (await daemon.call('GET', `/api/payments?${query}`)) as { items: PaymentAnswer[] }
    const time = await siteTime(daemon)
    print(options.json, items, () =>
      tableOr(
        query.size > 1 ? 'No such payment.' : 'No payment yet.',
        ['id', 'time', 'phone', 'package', 'amount', 'state'],
        items.map((row) => [
          row.payment_id,
          time(row.created_at),
          row.phone_masked,
          row.package.name,
          `${row.currency} ${row.amount_cents / 100}`,
          row.status,
        ]),
      ),
    )
    return 0
  },
}

const show: Command = {
  name: 'payment show',
  usage: 'ID [--json]',
  summary: 'one payment and how it came to its state',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['ID'])
    const daemon = openDaemon(options.config)
    const id = idWord(positionals[0])
    const payment = (await daemon.call('GET', `/api/payments/${id}`)) as PaymentAnswer
    const { items } = (await daemon.call('GET', `/api/payments/${id}/history`)) as {
      items: { at: string; event: string; from: string; to: string; detail: string }[]
    }
    const time = await siteTime(daemon)
    print(options.json, { ...payment, history: items }, () => [
      `${payment.payment_id}  ${payment.package.name}  ${payment.currency} ${payment.amount_cents / 100}  ${payment.phone_masked}  ${payment.status}`,
      '',
      ...table(
        ['time', 'event', 'from', 'to', 'detail'],
        items.map((row) => [time(row.at), row.event, row.from, row.to, row.detail]),
      ),
    ])
    return 0
  },
}

const reconcile: Command = {
  name: 'payment reconcile',
  usage: 'ID',
  summary: 'ask M-PESA about a payment, now',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['ID'])
    const answer = (await openDaemon(options.config).call(
      'POST',
      `/api/payments/${idWord(positionals[0])}/reconcile`,
    )) as { job_id: number }
    print(options.json, answer, () => [`Job ${answer.job_id} asks M-PESA.`])
    return 0
  },
}

const refund: Command = {
  name: 'payment refund',
  usage: 'ID --reason TEXT',
  summary: 'ask that a payment is given back; what it bought ends',
  async run(words) {
    const { options, positionals } = readWords(words, { reason: 'string' }, ['ID'])
    if (options.reason === undefined) throw new WrongUsage('--reason is missing.')
    const answer = (await openDaemon(options.config).call('POST', `/api/payments/${idWord(positionals[0])}/refund`, {
      reason: options.reason,
    })) as { refund_id: string; state: string }
    print(options.json, answer, () => [
      `Refund ${answer.refund_id} is filed: give the money back in M-PESA, then report it:`,
      `POST /api/refunds/${answer.refund_id}/result with {"result": "done", "reference": "..."}`,
    ])
    return 0
  },
}

/** Lines that go into one request: a body is at most 64 KiB. */
const CHUNK_BYTES = 48 * 1024

const importStatement: Command = {
  name: 'payment import',
  usage: 'FILE',
  summary: "compare M-PESA's statement (CSV) with what is known here, and settle what was missed",
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['FILE'])
    const chunks = chunksOf(readFile(positionals[0] ?? ''))
    const daemon = openDaemon(options.config)
    const total: Record<string, number> = {}
    for (const text of chunks) {
      const said = (await daemon.call('POST', '/api/receipts/statement', text)) as Record<string, number>
      for (const [name, count] of Object.entries(said)) total[name] = (total[name] ?? 0) + count
    }
    print(options.json, total, () =>
      Object.entries(total).map(([name, count]) => `${name.replaceAll('_', ' ')}: ${count}`),
    )
    return 0
  },
}

/** Pieces of a long statement, each with its heading lines. */
function chunksOf(text: string): string[] {
  const lines = text.split(/\r?\n/)
  const at = lines.findIndex((line) => /receipt|trans/i.test(line) && /amount|paid in/i.test(line))
  const head = `${lines.slice(0, at + 1).join('\n')}\n`
  const chunks: string[] = []
  let chunk = ''
  for (const line of lines.slice(at + 1)) {
    if (chunk !== '' && Buffer.byteLength(head + chunk + line) > CHUNK_BYTES) {
      chunks.push(head + chunk)
      chunk = ''
    }
    chunk += `${line}\n`
  }
  return [...chunks, head + chunk]
}

export const paymentCommands = [list, show, reconcile, refund, importStatement]
