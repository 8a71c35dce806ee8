import { metaOf } from '../config.ts'
import { sections } from '../config-keys.ts'
import type { Demo } from '../demo.ts'
import { openLog } from '../log.ts'
import { VERSION } from '../version.ts'
import { type Command, readWords, WrongUsage, wholeNumber } from './command.ts'
import { untilStopped } from './until-stopped.ts'

const USUAL_PORT = 8080

export const demoCommand: Command = {
  name: 'demo',
  usage: '[--port N] [--log LEVEL]',
  summary: 'run the daemon with everything around it simulated',
  async run(words) {
    const { options } = readWords(words, { port: 'string', log: 'string' })
    const port = options.port === undefined ? undefined : wholeNumber('port', options.port, 1, 65_535)
    if (options.log !== undefined && !sections.log.shape.level.safeParse(options.log).success)
      throw new WrongUsage(`--log is ${options.log}; it takes ${metaOf('log', 'level').allowed}.`)
    // From now on: Ctrl-C while it starts must leave nothing behind either.
    const stopped = untilStopped()
    // Here and not above, so that the daemon carries no simulators.
    const { startDemo } = await import('../demo.ts')
    const demo = await startDemo({
      ...{ port: port ?? USUAL_PORT, mayTakeOther: port === undefined },
      ...{ log: openLog(options.log ?? 'warn', { thread: 'main' }), version: VERSION },
    })
    const { appliance, configFile, phone, login, voucherCodes, packageId } = demo
    const body = JSON.stringify({ phone_number: '0712345678', package_id: packageId, mac_address: phone.macAddress })
    const takenPort = new URL(appliance.portalUrl).port
    const lines = [
      '',
      ...(port === undefined && takenPort !== String(USUAL_PORT)
        ? [`  Port ${USUAL_PORT} is not free; the demo has taken ${takenPort}.`, '']
        : []),
      `  Portal     ${phone.portalUrl}`,
      '             (the way a phone gets there: the simulated router sends it to the portal)',
      `  Console    ${appliance.portalUrl}/console   ${login.username} / ${login.password}`,
      '',
      `  Commands   scripts/mlango queue stats --config ${configFile}`,
      '',
      '  There is one simulated phone, and it is offline. Once it has bought, the page of what it has is printed below; to buy',
      '  again, press Disconnect there, or start the demo anew.',
      '  Buy an hour in the portal with any Safaricom number, or in one line:',
      `    curl -s ${appliance.portalUrl}/api/payments/stk -H 'Content-Type: application/json' -d '${body}'`,
      `  Vouchers   ${voucherCodes.join('  ')}`,
      `  Events     curl -sN ${appliance.portalUrl}/api/events -H 'Authorization: Bearer ${login.token}'`,
      '',
      '  M-PESA, the SMS gateway, the MikroTik router and the cloud broker are simulated on loopback. Ctrl-C stops it all.',
      '',
    ]
    process.stdout.write(`${lines.join('\n')}\n`)
    tell(demo)
    await stopped
    await demo.stop()
    return 0
  },
}

/** What would happen out of sight. */
function tell({ router, sms, accessPages }: Demo): void {
  let seenLogins = 0
  let seenMessages = 0
  let seenPages = 0
  const look = setInterval(() => {
    for (; seenLogins < router.logins.length; seenLogins++) {
      const login = router.logins[seenLogins]
      if (login)
        process.stdout.write(
          `  router: ${login.macAddress} logs in as ${login.username} by ${login.by}: ${login.outcome}\n`,
        )
    }
    for (; seenMessages < sms.messages.length; seenMessages++) {
      const message = sms.messages[seenMessages]
      if (message) process.stdout.write(`  SMS to ${message.to}: ${message.text}\n`)
    }
    for (; seenPages < accessPages.length; seenPages++)
      process.stdout.write(`  What it has: ${accessPages[seenPages]}\n`)
  }, 250)
  look.unref()
}
