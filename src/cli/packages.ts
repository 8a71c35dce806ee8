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
  sale_hours?: SaleHours | null
}

interface SaleHours {
  days: string[]
  from: string
  until: string
}

/** What the daemon takes: a leap year. */
const LONGEST_MINUTES = 527_040

const add: Command = {
  name: 'package add',
  usage:
    '--name NAME --price SHILLINGS --minutes N [--data-mb N] [--down-kbps N] [--up-kbps N] [--devices N] [--hidden] [--hours HOURS]',
  summary:
    'put a package on sale; --price 0 is a free trial, --minutes 527040 with --data-mb sells data alone, --hours "mon-fri 18:00-22:00" its hours of sale',
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
      hours: 'string',
    })
    if (options.name === undefined) throw new WrongUsage('--name is missing.')
    const optional = (field: string, option: 'data-mb' | 'down-kbps' | 'up-kbps' | 'devices', unit = 1) =>
      options[option] === undefined ? {} : { [field]: wholeNumber(option, options[option], 1) * unit }
    const added = (await openDaemon(options.config).call('POST', '/api/packages', {
      name: options.name,
      price_cents: wholeNumber('price', options.price) * 100,
      duration_seconds: wholeNumber('minutes', options.minutes, 1, LONGEST_MINUTES) * 60,
      ...optional('data_limit_bytes', 'data-mb', 1_000_000),
      ...optional('down_kbps', 'down-kbps'),
      ...optional('up_kbps', 'up-kbps'),
      ...optional('device_limit', 'devices'),
      ...(options.hidden && { hidden: true }),
      ...(options.hours !== undefined && { sale_hours: saleHours(options.hours) }),
    })) as PackageAnswer
    print(options.json, added, () => [`Package ${added.id} is on sale.`])
    return 0
  },
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** `mon-fri 18:00-22:00`, `sat,sun 08:00-24:00`, `daily 22:00-02:00`; the daemon checks the times. */
function saleHours(text: string): SaleHours {
  const [days = '', times = '', ...more] = text.trim().toLowerCase().split(/\s+/)
  const [from, until, ...after] = times.split('-')
  const chosen = (days === 'daily' ? 'mon-sun' : days).split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map((day) => DAYS.indexOf(day))
    if (first === undefined || last === undefined || first < 0 || last < 0) return [undefined]
    const count = ((last - first + 7) % 7) + 1
    return Array.from({ length: count }, (_, index) => DAYS[(first + index) % 7])
  })
  if (!from || !until || more.length + after.length > 0 || chosen.includes(undefined)) {
    throw new WrongUsage(`--hours is ${text}; it looks like "mon-fri 18:00-22:00" or "daily 22:00-02:00".`)
  }
  return { days: chosen.filter((day) => day !== undefined), from, until }
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
        ['id', 'name', 'price', 'minutes', 'data MB', 'devices', 'hidden', 'hours of sale'],
        items.map((row) => [
          row.id,
          row.name,
          `${row.currency} ${row.price_cents / 100}`,
          row.duration_seconds / 60,
          row.data_limit_bytes === null ? null : row.data_limit_bytes / 1_000_000,
          row.device_limit,
          row.hidden ? 'yes' : 'no',
          row.sale_hours ? `${row.sale_hours.days.join(',')} ${row.sale_hours.from}-${row.sale_hours.until}` : null,
        ]),
      ),
    )
    return 0
  },
}

export const packageCommands = [add, list]
