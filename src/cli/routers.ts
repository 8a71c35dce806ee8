import { setTimeout as delay } from 'node:timers/promises'
import { MlangoError } from '../errors.ts'
import { isLoopback } from '../own-address.ts'
import { type Command, idWord, readWords, WrongUsage, wholeNumber } from './command.ts'
import { openDaemon } from './daemon.ts'
import { print, tableOr } from './print.ts'
import { siteTime } from './site-time.ts'

interface ProvisioningAnswer {
  last: {
    state: 'running' | 'completed' | 'failed'
    percent: number
    message: string
    changes: string[]
    started_at: string
    ended_at: string | null
  } | null
}

interface RouterAnswer {
  id: number
  name: string
  status: string
  address: string | null
  access_mode: string
  version: string | null
  online: boolean | null
  offline_reason: string | null
  last_seen_at: string | null
  advice: { text: string; command?: string }[]
  connectivity_line: string
  connectivity_script: string
}

const add: Command = {
  name: 'router add',
  usage: 'NAME [--address A] [--api-port N] [--api-tls] [--mode radius|local] [--use HOTSPOT,HOTSPOT]',
  summary: 'register a router; prints the line to paste into its terminal',
  async run(words) {
    const { options, positionals } = readWords(
      words,
      { address: 'string', 'api-port': 'string', 'api-tls': 'boolean', mode: 'string', use: 'string' },
      ['NAME'],
    )
    if (options.mode !== undefined && !['radius', 'local'].includes(options.mode))
      throw new WrongUsage('--mode is radius or local.')
    const daemon = openDaemon(options.config)
    const router = (await daemon.call('POST', '/api/routers', {
      name: positionals[0],
      ...(options.address !== undefined && { address: options.address }),
      ...(options['api-port'] !== undefined && { api_port: wholeNumber('api-port', options['api-port'], 1) }),
      ...(options['api-tls'] && { api_tls: true }),
      ...(options.mode !== undefined && { access_mode: options.mode }),
      ...(options.use !== undefined && { use_hotspots: options.use.split(',') }),
    })) as RouterAnswer
    const { portal_url: portalUrl } = (await daemon.call('GET', '/api/settings')) as { portal_url: string }
    const hints = [...scriptHints(router.id), ...addressHints(portalUrl, router)]
    print(options.json, router, () => [...hints, '', router.connectivity_line])
    return 0
  },
}

const list: Command = {
  name: 'router list',
  usage: '[--json]',
  summary: 'the routers of this site',
  async run(words) {
    const { options } = readWords(words, {})
    const daemon = openDaemon(options.config)
    const { items } = (await daemon.call('GET', '/api/routers')) as { items: RouterAnswer[] }
    const time = await siteTime(daemon)
    print(options.json, items, () =>
      tableOr(
        'No router yet.',
        ['id', 'name', 'status', 'online', 'seen', 'address', 'mode', 'version'],
        items.map((router) => [
          router.id,
          router.name,
          router.status,
          router.online === null ? '?' : router.online ? 'yes' : 'no',
          time(router.last_seen_at),
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
  usage: 'ID [--line]',
  summary: 'the connectivity script again, or the line that fetches it, with new tokens',
  async run(words) {
    const { options, positionals } = readWords(words, { line: 'boolean' }, ['ID'])
    const router = (await openDaemon(options.config).call(
      'GET',
      `/api/routers/${idWord(positionals[0])}/script`,
    )) as RouterAnswer
    print(options.json, router, () => [options.line ? router.connectivity_line : router.connectivity_script])
    return 0
  },
}

const remove: Command = {
  name: 'router remove',
  usage: 'ID',
  summary: 'forget a router and its sessions',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['ID'])
    await openDaemon(options.config).call('DELETE', `/api/routers/${idWord(positionals[0])}`)
    print(options.json, { ok: true }, () => ['Removed.'])
    return 0
  },
}

const probe: Command = {
  name: 'router probe',
  usage: 'ID',
  summary: 'look at a router now; says what has to be done at it',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['ID'])
    const path = `/api/routers/${idWord(positionals[0])}`
    const daemon = openDaemon(options.config)
    await daemon.call('POST', `${path}/probe`)
    const router = await waitFor(
      async () =>
        (await daemon.call('GET', path)) as RouterAnswer & { probe: { state: string; reason: string | null } },
      ({ probe }) => probe.state !== 'looking' || probe.reason !== null,
      PROBE_MS,
    )
    print(options.json, router, () => [
      `${router.name}: ${router.probe.state === 'found' ? `found, ${router.version}` : (router.probe.reason ?? 'not found')}`,
      ...router.advice.flatMap(({ text, command }) => [text, ...(command === undefined ? [] : [`    ${command}`])]),
    ])
    return router.probe.state === 'found' ? 0 : 1
  },
}

const provision: Command = {
  name: 'router provision',
  usage:
    'ID [--use HOTSPOT,HOTSPOT] [--hotspot INTERFACE | --ports P,P] [--network N] [--pppoe INTERFACE] [--pppoe-network N] [--only] [--dry-run]',
  summary: 'make a router be as wanted, or show what would change',
  async run(words) {
    const { options, positionals } = readWords(
      words,
      {
        ...{ hotspot: 'string', ports: 'string', network: 'string', pppoe: 'string', 'pppoe-network': 'string' },
        ...{ use: 'string', only: 'boolean', 'dry-run': 'boolean' },
      },
      ['ID'],
    )
    if (options.network !== undefined && options.hotspot === undefined && options.ports === undefined)
      throw new WrongUsage('--network belongs to --hotspot or --ports.')
    const network = options.network === undefined ? {} : { network: options.network }
    const pppoeNetwork = options['pppoe-network'] === undefined ? {} : { network: options['pppoe-network'] }
    const path = `/api/routers/${idWord(positionals[0])}`
    const daemon = openDaemon(options.config)
    const look = async () => ((await daemon.call('GET', `${path}/provisioning`)) as ProvisioningAnswer).last
    const before = (await look())?.ended_at
    await daemon.call('POST', `${path}/provision`, {
      ...(options.use !== undefined && { use_hotspots: options.use.split(',') }),
      ...(options.hotspot !== undefined && { hotspot: { interface: options.hotspot, ...network } }),
      ...(options.ports !== undefined && { hotspot: { ports: options.ports.split(','), ...network } }),
      ...(options.pppoe !== undefined && { pppoe: { interface: options.pppoe, ...pppoeNetwork } }),
      ...(options.only && { only: true }),
      ...(options['dry-run'] && { dry_run: true }),
    })
    const last = await waitFor(look, (seen) => seen?.ended_at != null && seen.ended_at !== before, PROVISION_MS)
    print(options.json, last, () => [...(last?.changes ?? []), last?.message ?? ''])
    return last?.state === 'completed' ? 0 : 1
  },
}

const LOOK_MS = 300
const PROBE_MS = 45_000
const PROVISION_MS = 150_000

/** Looks until it is so. The work goes on in the daemon, whatever happens here. */
async function waitFor<Answer>(
  look: () => Promise<Answer>,
  isThere: (answer: Answer) => boolean,
  patienceMs: number,
): Promise<Answer> {
  for (const untilMs = Date.now() + patienceMs; ; ) {
    const answer = await look()
    if (isThere(answer)) return answer
    if (Date.now() > untilMs)
      throw new MlangoError('router-slow', 'The router has not answered yet; the daemon goes on trying.')
    await delay(LOOK_MS)
  }
}

const scriptHints = (routerId: number) => [
  '# Paste this line into the terminal of the router within 60 minutes; it works once.',
  '# Small routers from the factory forbid it ("not allowed by device-mode"). Then run, and within 5 minutes press the',
  "# router's button briefly or cut its power, and paste the line again: /system device-mode update hotspot=yes fetch=yes",
  `# The whole script, to read or to upload: mlango router script ${routerId}`,
]

/** A router that is no simulator of this machine must find another way to it. */
const addressHints = (portalUrl: string, { id, address }: RouterAnswer) =>
  isLoopback(new URL(portalUrl).hostname) && (address === null || !isLoopback(address))
    ? [
        `# No router can reach ${portalUrl}: set [http] host = "0.0.0.0", or [site] portal_url where a proxy stands before`,
        `# this box, restart, and ask for the line again: mlango router script ${id} --line`,
      ]
    : []

export const routerCommands = [add, list, script, probe, provision, remove]
