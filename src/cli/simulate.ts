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

async function router(port: number, radius: { authPort: number; acctPort: number }): Promise<Running> {
  const radiusSecret = secret()
  const { startRouterSimulator } = await import('../simulators/router/router-simulator.ts')
  const password = secret()
  const simulator = await startRouterSimulator({
    apiPort: port,
    username: 'mlango',
    password,
    radius: { secret: radiusSecret, ...radius },
  })
  const { macAddress } = simulator.join('5E:0A:11:22:33:44')
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
  ]
  return { lines, stop: () => simulator.stop() }
}

export const simulateCommand: Command = {
  name: 'simulate',
  usage: 'router|mpesa|sms|broker [--port N] [--scenario NAME] [--radius-auth-port N] [--radius-acct-port N]',
  summary:
    'run one far end alone, on loopback; --scenario goes with mpesa, the RADIUS ports that it asks (1812, 1813) with router',
  async run(words) {
    const { options, positionals } = readWords(
      words,
      { port: 'string', scenario: 'string', 'radius-auth-port': 'string', 'radius-acct-port': 'string' },
      ['router, mpesa, sms or broker'],
    )
    const port = options.port === undefined ? 0 : wholeNumber('port', options.port, 0, 65_535)
    const what = positionals[0]
    if (options.scenario !== undefined && what !== 'mpesa') throw new WrongUsage('--scenario goes with mpesa.')
    const radiusPort = (option: 'radius-auth-port' | 'radius-acct-port', usual: number) => {
      if (options[option] === undefined) return usual
      if (what !== 'router') throw new WrongUsage(`--${option} goes with router.`)
      return wholeNumber(option, options[option], 1, 65_535)
    }
    const radius = { authPort: radiusPort('radius-auth-port', 1812), acctPort: radiusPort('radius-acct-port', 1813) }
    const starters: Record<string, () => Promise<Running>> = {
      router: () => router(port, radius),
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
