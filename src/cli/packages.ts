import { type Command, readWords, WrongUsage, wholeNumber } from './command.ts'
import { openDaemon } from './daemon.ts'
import { print, tableOr } from './print.ts'

interface PackageAnswer {
  id: number
  name: string
  price_cents: number
  currency: string
  duration_seconds: number
  data_limit_bytes: number | null
  device_limit: number
  hidden?: boolean
}

const add: Command = {
  name: 'package add',
  usage:
    '--name NAME --price SHILLINGS --minutes N [--data-mb N] [--down-kbps N] [--up-kbps N] [--devices N] [--hidden]',
  summary: 'put a package on sale',
  async run(words) {
    const { options } = readWords(words, {
      name: 'string',
      price: 'string',
      minutes: 'string',
      'data-mb': 'string',
      'down-kbps': 'string',
      'up-kbps': 'string',
      devices: 'string',
      hidden: 'boolean',
    })
    if (options.name === undefined) throw new WrongUsage('--name is missing.')
    const optional = (field: string, option: 'data-mb' | 'down-kbps' | 'up-kbps' | 'devices', unit = 1) =>
      options[option] === undefined ? {} : { [field]: wholeNumber(option, options[option], 1) * unit }
    const added = (await openDaemon(options.config).call('POST', '/api/packages', {
      name: options.name,
      price_cents: wholeNumber('price', options.price, 1) * 100,
      duration_seconds: wholeNumber('minutes', options.minutes, 1) * 60,
      ...optional('data_limit_bytes', 'data-mb', 1_000_000),
      ...optional('down_kbps', 'down-kbps'),
      ...optional('up_kbps', 'up-kbps'),
      ...optional('device_limit', 'devices'),
      ...(options.hidden && { hidden: true }),
    })) as PackageAnswer
    print(options.json, added, () => [`Package ${added.id} is on sale.`])
    return 0
  },
}

const list: Command = {
  name: 'package list',
  usage: '[--json]',
  summary: 'what is sold here',
  async run(words) {
    const { options } = readWords(words, {})
    const { items } = (await openDaemon(options.config).call('GET', '/api/packages')) as { items: PackageAnswer[] }
    print(options.json, items, () =>
      tableOr(
        'No package is on sale yet.',
        ['id', 'name', 'price', 'minutes', 'data MB', 'devices', 'hidden'],
        items.map((row) => [
          row.id,
          row.name,
          `${row.currency} ${row.price_cents / 100}`,
          row.duration_seconds / 60,
          row.data_limit_bytes === null ? null : row.data_limit_bytes / 1_000_000,
          row.device_limit,
          row.hidden ? 'yes' : 'no',
        ]),
      ),
    )
    return 0
  },
}

export const packageCommands = [add, list]
