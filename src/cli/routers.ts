import { type Command, idWord, readWords, WrongUsage, wholeNumber } from './command.ts'
import { openDaemon } from './daemon.ts'
import { print, table } from './print.ts'

interface RouterAnswer {
  id: number
  name: string
  status: string
  address: string | null
  access_mode: string
  version: string | null
  connectivity_script: string
}

const add: Command = {
  name: 'router add',
  usage: 'NAME [--address A] [--api-port N] [--api-tls] [--mode radius|local]',
  summary: 'register a router; prints the script to paste into it',
  async run(words) {
    const { options, positionals } = readWords(
      words,
      { address: 'string', 'api-port': 'string', 'api-tls': 'boolean', mode: 'string' },
      1,
    )
    if (options.mode !== undefined && !['radius', 'local'].includes(options.mode))
      throw new WrongUsage('--mode is radius or local.')
    const router = (await openDaemon(options.config).call('POST', '/api/routers', {
      name: positionals[0],
      ...(options.address !== undefined && { address: options.address }),
      ...(options['api-port'] !== undefined && { api_port: wholeNumber('api-port', options['api-port'], 1) }),
      ...(options['api-tls'] && { api_tls: true }),
      ...(options.mode !== undefined && { access_mode: options.mode }),
    })) as RouterAnswer
    print(options.json, router, () => [router.connectivity_script])
    return 0
  },
}

const list: Command = {
  name: 'router list',
  usage: '[--json]',
  summary: 'the routers of this site',
  async run(words) {
    const { options } = readWords(words, {})
    const { items } = (await openDaemon(options.config).call('GET', '/api/routers')) as { items: RouterAnswer[] }
    print(options.json, items, () =>
      table(
        ['id', 'name', 'status', 'address', 'mode', 'version'],
        items.map((router) => [
          router.id,
          router.name,
          router.status,
          router.address,
          router.access_mode,
          router.version,
        ]),
      ),
    )
    return 0
  },
}

const script: Command = {
  name: 'router script',
  usage: 'ID',
  summary: 'the connectivity script again, with a new token',
  async run(words) {
    const { options, positionals } = readWords(words, {}, 1)
    const router = (await openDaemon(options.config).call(
      'GET',
      `/api/routers/${idWord(positionals[0])}/script`,
    )) as RouterAnswer
    print(options.json, router, () => [router.connectivity_script])
    return 0
  },
}

const remove: Command = {
  name: 'router remove',
  usage: 'ID',
  summary: 'forget a router and its sessions',
  async run(words) {
    const { options, positionals } = readWords(words, {}, 1)
    await openDaemon(options.config).call('DELETE', `/api/routers/${idWord(positionals[0])}`)
    print(options.json, { ok: true }, () => ['Removed.'])
    return 0
  },
}

export const routerCommands = [add, list, script, remove]
