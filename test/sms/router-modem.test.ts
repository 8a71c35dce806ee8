import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { SmsSettings } from '../../src/config.ts'
import { routerModem } from '../../src/router-modem.ts'
import { inTurn, openSmsProvider, type SmsProvider } from '../../src/sms/sms-provider.ts'
import { openJobHouse } from '../jobs/job-house.ts'

const TO = '+254712345678'

async function setup(t: TestContext, modem?: string) {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter({}, modem === undefined ? {} : { modem })
  const name = String(house.value('SELECT name FROM routers WHERE id = ?', routerId))
  const open = (change: Partial<SmsSettings> = {}): SmsProvider => {
    const settings = { provider: 'router', router: name, modem_port: 'lte1', ...change } as SmsSettings
    const provider = openSmsProvider(settings, undefined, routerModem(house.reader, house.gate))
    assert.ok(provider)
    return provider
  }
  const send = (text = 'hello', provider = open()) =>
    provider.send({ to: TO, text, signal: AbortSignal.timeout(20_000) })
  return { simulator, send, open }
}

test('a message goes out by the modem of the router, in the alphabet that it has', async (t) => {
  const { simulator, send } = await setup(t, 'lte1')
  assert.equal((await send('Karibu – WiFi’s code: K7')).outcome, 'accepted')
  assert.deepEqual(simulator.sms, [{ to: TO, text: "Karibu - WiFi's code: K7" }])
})

test('a definite no of the router is one: wrong port, no modem, too long a message', async (t) => {
  const { simulator, send, open } = await setup(t, 'usb1')
  const refused = await send()
  assert.equal(refused.outcome, 'refused')
  assert.match(refused.outcome === 'refused' ? refused.detail : '', /any value of port/)
  const commands = simulator.commands.length
  assert.equal((await send('x'.repeat(161), open({ modem_port: 'usb1' }))).outcome, 'refused')
  assert.equal(simulator.commands.length, commands, 'the router is not asked for what it cannot send')
  simulator.faults.refuse = { '/tool/sms/send': 'no such command' }
  assert.equal((await send()).outcome, 'refused')
})

test('what never reached the router can be sent again', async (t) => {
  const { simulator, send, open } = await setup(t, 'lte1')
  assert.equal((await send('hello', open({ router: 'nobody' }))).outcome, 'unsent')
  simulator.faults.apiDown = true
  assert.equal((await send()).outcome, 'unsent')
  assert.equal(simulator.sms.length, 0)
})

test('what may have left is in doubt', async (t) => {
  const { simulator, send } = await setup(t, 'lte1')
  simulator.faults.loseAnswersOf = '/tool/sms/send'
  assert.equal((await send()).outcome, 'lost')
  assert.equal(simulator.sms.length, 1)
  simulator.faults.refuse = { '/tool/sms/send': 'failure: timed out waiting for the modem' }
  assert.equal((await send()).outcome, 'lost')
  simulator.faults.refuse = { '/tool/sms/send': 'action timed out - try again (13)' }
  assert.equal((await send()).outcome, 'lost')
})

test('a site that sends by a modem, first or second, writes messages of one part', async (t) => {
  const { open } = await setup(t, 'lte1')
  const gateway: SmsProvider = { mostSegments: 3, send: () => Promise.reject(new Error('not asked')) }
  assert.deepEqual([open().mostSegments, inTurn(gateway, open()).mostSegments], [1, 1])
})
