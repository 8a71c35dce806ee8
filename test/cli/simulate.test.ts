import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'
import { parse } from 'smol-toml'
import { mlango, startMlango } from './mlango.ts'

for (const [what, section, key] of [
  ['mpesa', 'mpesa', 'base_url'],
  ['sms', 'sms', 'base_url'],
  ['broker', 'cloud', 'url'],
] as const) {
  test(`mlango simulate ${what} prints the configuration that leads to it, and ends at Ctrl-C`, async () => {
    const running = startMlango(['simulate', what])
    await running.line(new RegExp(`^${key} = `))
    await running.line(what === 'broker' ? /^url/ : /^(passkey|api_key) = /)
    const config = parse(running.lines.join('\n')) as Record<string, Record<string, string>>
    const url = new URL(config[section]?.[key] ?? '')
    const socket = connect(Number(url.port), url.hostname)
    await once(socket, 'connect')
    socket.destroy()
    assert.equal(await running.interrupt(), 0)
  })
}

test('mlango simulate router prints how to register it', async () => {
  const running = startMlango(['simulate', 'router'])
  const { api_port, address } = JSON.parse(await running.line(/^\{/)) as { api_port: number; address: string }
  const socket = connect(api_port, address)
  await once(socket, 'connect')
  socket.destroy()
  assert.equal(await running.interrupt(), 0)
})

test('mlango simulate router says how to start the same router again, and that line does', async () => {
  const registration = /^\{/
  const first = startMlango(['simulate', 'router'])
  const wanted = JSON.parse(await first.line(registration))
  const again = (await first.line(/again: mlango simulate router /)).split('again: mlango ')[1] ?? ''
  assert.equal(await first.interrupt(), 0)
  const second = startMlango(again.split(' '))
  assert.deepEqual(JSON.parse(await second.line(registration)), wanted)
  assert.equal(await second.interrupt(), 0)
})

for (const words of [
  ['mpesa', '--radius-secret', 'x'],
  ['sms', '--password', 'x'],
  ['broker', '--coa-port', '3799'],
]) {
  test(`mlango simulate ${words.join(' ')} is refused: that option goes with router`, async () => {
    const { status, stderr } = await mlango(['simulate', ...words])
    assert.equal(status, 2)
    assert.match(stderr, new RegExp(`${words[1]} goes with router`))
  })
}

test('mlango simulate router asks the RADIUS ports that it is given', async () => {
  const running = startMlango(['simulate', 'router', '--radius-auth-port', '11812', '--radius-acct-port', '11813'])
  await running.line(/asks RADIUS on 127\.0\.0\.1:11812 and 11813\./)
  assert.equal(await running.interrupt(), 0)
})

for (const what of ['mpesa', 'sms', 'broker', 'router']) {
  test(`mlango simulate ${what} says in a sentence that its port is taken`, async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { status, stderr } = await mlango(['simulate', what, '--port', String(port)])
    other.close()
    assert.equal(status, 1)
    assert.match(stderr, /^mlango: .*(another program has that port|address already in use).*\n$/)
  })
}
