import { type Command, readWords, wholeNumber } from './command.ts'
import { openDaemon } from './daemon.ts'
import { print } from './print.ts'

const create: Command = {
  name: 'voucher create',
  usage: '--package ID --count N [--prefix P] [--expires ISO] [--note TEXT]',
  summary: 'make vouchers; prints one code a line',
  async run(words) {
    const { options } = readWords(words, {
      package: 'string',
      count: 'string',
      prefix: 'string',
      expires: 'string',
      note: 'string',
    })
    const batch = (await openDaemon(options.config).call('POST', '/api/vouchers', {
      package_id: wholeNumber('package', options.package, 1),
      count: wholeNumber('count', options.count, 1),
      ...(options.prefix !== undefined && { prefix: options.prefix }),
      ...(options.expires !== undefined && { expires_at: options.expires }),
      ...(options.note !== undefined && { note: options.note }),
    })) as { batch_id: string; codes: string[] }
    print(options.json, batch, () => batch.codes)
    return 0
  },
}

export const voucherCommands = [create]
