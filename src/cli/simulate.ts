import { READABLE, randomCode } from '../random-code.ts'
import type { Scenario } from '../simulators/mpesa-scenarios.ts'
import { type Command, readWords, WrongUsage, wholeNumber } from './command.ts'
import { untilStopped } from './until-stopped.ts'

interface Running {
  /** What to put into the configuration, line by line. */
  lines: string[]
  stop(): Promise<void>
}

const secret = () => randomCode(16, READABLE)

// Each simulator is loaded where it is started, so that the daemon carries none.

async function mpesa(port: number, scenarioName: string | undefined): Promise<Running> {
  const { SCENARIOS } = await import('../simulators/mpesa-scenarios.ts')
  const { startMpesaSimulator } = await import('../simulators/mpesa-simulator.ts')
  if (scenarioName !== undefined && !Object.hasOwn(SCENARIOS, scenarioName)) {
    throw new WrongUsage(`--scenario is one of ${Object.keys(SCENARIOS).join(', ')}.`)
  }
  const account = { consumerKey: secret(), consumerSecret: secret(), shortcode: '174379', passkey: secret() }
  const scenario = scenarioName as Scenario | undefined
  const simulator = await startMpesaSimulator({ port, ...account, pinDelayMs: 2_500, ...(scenario && { scenario }) })
  const lines = [
    '[mpesa]',
    `base_url = "${simulator.url}"`,
    `consumer_key = "${account.consumerKey}"`,
    `consumer_secret = "${account.consumerSecret}"`,
    `shortcode = "${account.shortcode}"`,
    `passkey = "${account.passkey}"`,
  ]
  return { lines, stop: () => simulator.stop() }
}

async function sms(port: number): Promise<Running> {
  const { startSmsSimulator } = await import('../simulators/sms-simulator.ts')
  const account = { username: 'sandbox', apiKey: secret() }
  const simulator = await startSmsSimulator({ port, ...account })
  const lines = [
    '[sms]',
    'provider = "africastalking"',
    `base_url = "${simulator.url}"`,
    `username = "${account.username}"`,
    `api_key = "${account.apiKey}"`,
  ]
  return { lines, stop: () => simulator.stop() }
}

async function broker(port: number): Promise<Running> {
  const { startBrokerSimulator } = await import('../simulators/broker-simulator.ts')
  const simulator = await startBrokerSimulator({ port })
  return { lines: ['[cloud]', `url = "${simulator.url}"`], stop: () => simulator.stop() }
}

/** What makes a simulated router the same one as before; what is left out is made up. */
interface SameRouter {
  coaPort: number
  password: string
  radiusSecret: string
}

async function router(
  port: number,
  radius: { authPort: number; acctPort: number },
  { coaPort, password, radiusSecret }: SameRouter,
): Promise<Running> {
  const { startRouterSimulator } = await import('../simulators/router/router-simulator.ts')
  const simulator = await startRouterSimulator({
    ...{ apiPort: port, coaPort, username: 'mlango', password },
    radius: { secret: radiusSecret, ...radius },
  })
  const { macAddress } = simulator.join('5E:0A:11:22:33:44')
  const again = [
    `--port ${simulator.apiPort} --coa-port ${simulator.coaPort} --password ${password} --radius-secret ${radiusSecret}`,
    `--radius-auth-port ${radius.authPort} --radius-acct-port ${radius.acctPort}`,
  ]
  const lines = [
    'Register it with POST /api/routers:',
    JSON.stringify({
      name: 'Simulated router',
      address: simulator.host,
      api_port: simulator.apiPort,
      api_username: 'mlango',
      api_password: password,
      radius_secret: radiusSecret,
      coa_port: simulator.coaPort,
    }),
    `It asks RADIUS on 127.0.0.1:${radius.authPort} and ${radius.acctPort}. One phone has joined: ${macAddress}`,
    `The same router, with nothing that was set up on it, again: mlango simulate router ${again.join(' ')}`,
  ]
  return { lines, stop: () => simulator.stop() }
}

/** What only a router takes. */
const OF_ROUTER = ['radius-auth-port', 'radius-acct-port', 'coa-port', 'password', 'radius-secret'] as const

export const simulateCommand: Command = {
  name: 'simulate',
  usage:
    'router|mpesa|sms|broker [--port N] [--scenario NAME] [--radius-auth-port N] [--radius-acct-port N] [--coa-port N] [--password TEXT] [--radius-secret TEXT]',
  summary:
    'run one far end alone, on loopback; --scenario goes with mpesa, with router the RADIUS ports that it asks (1812, 1813) and what makes it the same router again',
  async run(words) {
    const ofRouter = Object.fromEntries(OF_ROUTER.map((option) => [option, 'string'])) as Record<
      (typeof OF_ROUTER)[number],
      'string'
    >
    const { options, positionals } = readWords(words, { port: 'string', scenario: 'string', ...ofRouter }, [
      'router, mpesa, sms or broker',
    ])
    const portOf = (option: 'port' | (typeof OF_ROUTER)[number], usual: number, least = 1) =>
      options[option] === undefined ? usual : wholeNumber(option, options[option], least, 65_535)
    const port = portOf('port', 0, 0)
    const what = positionals[0]
    if (options.scenario !== undefined && what !== 'mpesa') throw new WrongUsage('--scenario goes with mpesa.')
    const misplaced = what === 'router' ? undefined : OF_ROUTER.find((option) => options[option] !== undefined)
    if (misplaced !== undefined) throw new WrongUsage(`--${misplaced} goes with router.`)
    const radius = { authPort: portOf('radius-auth-port', 1812), acctPort: portOf('radius-acct-port', 1813) }
    const same = {
      coaPort: portOf('coa-port', 0),
      password: options.password ?? secret(),
      radiusSecret: options['radius-secret'] ?? secret(),
    }
    const starters: Record<string, () => Promise<Running>> = {
      router: () => router(port, radius, same),
      mpesa: () => mpesa(port, options.scenario),
      sms: () => sms(port),
      broker: () => broker(port),
    }
    const start = Object.hasOwn(starters, what ?? '') ? starters[what ?? ''] : undefined
    if (!start) throw new WrongUsage(`There is no simulator named ${what}.`)
    const stopped = untilStopped()
    const running = await start()
    process.stdout.write(`${running.lines.join('\n')}\n`)
    await stopped
    await running.stop()
    return 0
  },
}
