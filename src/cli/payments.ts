import { type Command, idWord, readWords } from './command.ts'
import { openDaemon } from './daemon.ts'
import { print, table } from './print.ts'

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
  usage: '[--json]',
  summary: 'the last payments',
  async run(words) {
    const { options } = readWords(words, {})
    const { items } = (await openDaemon(options.config).call('GET', '/api/payments?limit=50')) as {
      items: PaymentAnswer[]
    }
    print(options.json, items, () =>
      table(
        ['id', 'time', 'phone', 'package', 'amount', 'state'],
        items.map((row) => [
          row.payment_id,
          row.created_at,
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
    const { options, positionals } = readWords(words, {}, 1)
    const daemon = openDaemon(options.config)
    const id = idWord(positionals[0])
    const payment = (await daemon.call('GET', `/api/payments/${id}`)) as PaymentAnswer
    const { items } = (await daemon.call('GET', `/api/payments/${id}/history`)) as {
      items: { at: string; event: string; from: string; to: string; detail: string }[]
    }
    print(options.json, { ...payment, history: items }, () => [
      `${payment.payment_id}  ${payment.package.name}  ${payment.currency} ${payment.amount_cents / 100}  ${payment.phone_masked}  ${payment.status}`,
      '',
      ...table(
        ['time', 'event', 'from', 'to', 'detail'],
        items.map((row) => [row.at, row.event, row.from, row.to, row.detail]),
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
    const { options, positionals } = readWords(words, {}, 1)
    const answer = (await openDaemon(options.config).call(
      'POST',
      `/api/payments/${idWord(positionals[0])}/reconcile`,
    )) as { job_id: number }
    print(options.json, answer, () => [`Job ${answer.job_id} asks M-PESA.`])
    return 0
  },
}

export const paymentCommands = [list, show, reconcile]
