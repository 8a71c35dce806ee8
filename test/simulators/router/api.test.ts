import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { startRouterSimulator } from '../../../src/simulators/router/router-simulator.ts'
import type { RouterSimulatorOptions } from '../../../src/simulators/router/simulated-router.ts'
import { connectRaw, logIn, rows, sentenceBytes } from './raw-api-client.ts'

async function setup(t: TestContext, options: Partial<RouterSimulatorOptions> = {}) {
  const router = await startRouterSimulator({ username: 'mlango', password: 'pw', ...options })
  t.after(() => router.stop())
  const open = async () => {
    const client = await connectRaw(router.apiPort)
    t.after(() => client.close())
    return client
  }
  const enter = async () => {
    const client = await logIn(router.apiPort)
    t.after(() => client.close())
    return client
  }
  return { router, open, enter }
}

test('the right password opens the door, a wrong one gets the exact words of the router', async (t) => {
  const { open } = await setup(t)
  const client = await open()
  assert.deepEqual(await client.ask('/login', '=name=mlango', '=password=no', '.tag=a'), [
    ['!trap', '.tag=a', '=message=invalid user name or password (6)'],
    ['!done', '.tag=a'],
  ])
  assert.deepEqual(await client.ask('/login', '=name=mlango', '=password=pw', '.tag=b'), [['!done', '.tag=b']])
})

test('an account without the policy api cannot log in', async (t) => {
  const { open } = await setup(t, { policies: ['read', 'write'] })
  const answer = await (await open()).ask('/login', '=name=mlango', '=password=pw')
  assert.deepEqual(answer[0], ['!trap', '=message=invalid user name or password (6)'])
})

test('a command before the login is fatal', async (t) => {
  const { router, open } = await setup(t)
  const client = await open()
  assert.deepEqual(await client.ask('/system/identity/print'), [['!fatal', 'not logged in']])
  await client.closed
  assert.deepEqual(router.commands, [])
})

test('an old router wants the answer to its challenge', async (t) => {
  const { open } = await setup(t, { oldLogin: true, password: 'pässword' })
  const client = await open()
  const challenge = async () =>
    (await client.ask('/login', '=name=mlango', '=password=x'))[0]?.[1]?.slice('=ret='.length)
  const respond = async (password: string) => {
    const bytes = Buffer.from((await challenge()) ?? '', 'hex')
    assert.equal(bytes.length, 16)
    const digest = createHash('md5').update('\0').update(password).update(bytes).digest('hex')
    return client.ask('/login', '=name=mlango', `=response=00${digest}`)
  }
  assert.deepEqual(await respond('wrong'), [['!trap', '=message=cannot log in'], ['!done']])
  assert.deepEqual(await respond('pässword'), [['!done']])
  assert.equal(rows(await client.ask('/system/resource/print'))[0]?.version, '6.42.5 (stable)')
})

test('quitting ends the session with the reason', async (t) => {
  const client = await (await setup(t)).enter()
  assert.deepEqual(await client.ask('/quit'), [['!fatal', 'session terminated on request']])
  await client.closed
})

test('the router says what it is', async (t) => {
  const client = await (await setup(t, { version: '7.22rc1', identity: 'Kiosk' })).enter()
  assert.deepEqual(await client.ask('/system/identity/print'), [['!re', '=name=Kiosk'], ['!done']])
  assert.equal(rows(await client.ask('/system/resource/print'))[0]?.version, '7.22rc1 (stable)')
  assert.equal(rows(await client.ask('/system/routerboard/print'))[0]?.routerboard, 'true')
  await client.ask('/system/identity/set', '=name=Café 你好')
  assert.equal(rows(await client.ask('/system/identity/print'))[0]?.name, 'Café 你好')
})

test('words of every length and any cut of the stream arrive whole', async (t) => {
  const client = await (await setup(t)).enter()
  for (const length of [100, 127, 128, 5000, 16_383, 16_384, 70_000]) {
    const comment = 'é'.repeat(Math.floor(length / 2))
    await client.ask('/ip/hotspot/user/set', '=.id=default-trial', `=comment=${comment}`)
    const [row] = rows(await client.ask('/ip/hotspot/user/print', '?name=default-trial'))
    assert.equal(row?.comment, comment)
  }
  const bytes = sentenceBytes(['/ip/hotspot/user/add', '=name=split', `=comment=${'x'.repeat(300)}`])
  for (const byte of bytes) {
    client.socket.write(Buffer.of(byte))
    await new Promise(setImmediate)
  }
  assert.deepEqual((await client.next())[0], '!done')
})

test('a peer that does not speak the protocol is cut off, and nobody else', async (t) => {
  const { enter, open } = await setup(t)
  const [good, bad] = [await enter(), await open()]
  bad.socket.write(Buffer.of(0xff, 1, 2, 3))
  await bad.closed
  assert.equal((await good.ask('/system/identity/print')).at(-1)?.[0], '!done')
})

test('a hotspot user is added, found, changed and removed', async (t) => {
  const { router, enter } = await setup(t, { policies: ['api', 'read', 'write', 'sensitive'] })
  const client = await enter()
  const added = await client.ask(
    '/ip/hotspot/user/add',
    '=name=juma',
    '=password=a=b',
    '=limit-uptime=01:30:00',
    '=limit-bytes-total=500',
    '=mac-address=aa-bb-cc-dd-ee-0f',
    '.tag=7',
  )
  assert.deepEqual(added, [['!done', '.tag=7', '=ret=*2']])
  const [user] = rows(await client.ask('/ip/hotspot/user/print', '?name=juma'))
  assert.deepEqual(
    [user?.['.id'], user?.password, user?.['limit-uptime'], user?.['mac-address'], user?.server, user?.profile],
    ['*2', 'a=b', '1h30m', 'AA:BB:CC:DD:EE:0F', undefined, 'default'],
  )
  assert.deepEqual(await client.ask('/ip/hotspot/user/set', '=.id=*2', '=comment=paid'), [['!done']])
  assert.equal(rows(await client.ask('/ip/hotspot/user/print', '?comment'))[1]?.comment, 'paid')
  assert.deepEqual(await client.ask('/ip/hotspot/user/remove', '=.id=juma'), [['!done']])
  assert.deepEqual(await client.ask('/ip/hotspot/user/print', '?name=juma'), [['!empty'], ['!done']])
  assert.deepEqual(await client.ask('/ip/hotspot/user/add', '=name=asha'), [['!done', '=ret=*3']])
  assert.deepEqual(router.commands[0]?.slice(0, 2), ['/ip/hotspot/user/add', '=name=juma'])
  assert.equal(
    router.commands.flat().some((word) => word.startsWith('.tag')),
    false,
  )
})

test('a name exists once for each hotspot server', async (t) => {
  const client = await (await setup(t)).enter()
  await client.ask('/ip/hotspot/user/add', '=name=juma')
  assert.deepEqual(await client.ask('/ip/hotspot/user/add', '=name=juma'), [
    ['!trap', '=category=4', '=message=failure: already have user with this name for this server'],
    ['!done'],
  ])
  assert.equal((await client.ask('/ip/hotspot/user/add', '=name=juma', '=server=hotspot1')).length, 1)
})

test('what a user is given must make sense', async (t) => {
  const client = await (await setup(t)).enter()
  const refusal = async (...words: string[]) => (await client.ask('/ip/hotspot/user/add', '=name=x', ...words))[0]
  assert.deepEqual(await refusal('=profile=gold'), [
    '!trap',
    '=category=1',
    '=message=input does not match any value of profile',
  ])
  assert.equal(
    (await refusal('=server='))?.at(-1),
    '=message=ambiguous value of server, more than one possible value matches input',
  )
  assert.equal((await refusal('=limit-uptime=soon'))?.at(-1), '=message=invalid value for argument limit-uptime')
  assert.equal((await refusal('=colour=red'))?.at(-1), '=message=unknown parameter colour')
  assert.equal((await refusal('=toString=red'))?.at(-1), '=message=unknown parameter toString')
  assert.equal((await client.ask('/ip/hotspot/user/add'))[0]?.at(-1), '=message=missing value(s) of argument(s) name')
})

test('what is not there cannot be removed, and the trial user stays', async (t) => {
  const client = await (await setup(t)).enter()
  const refusal = async (id: string) => (await client.ask('/ip/hotspot/user/remove', `=.id=${id}`))[0]?.at(-1)
  assert.equal(await refusal('*FF'), '=message=no such item (4)')
  assert.equal(await refusal('nobody'), '=message=no such item')
  assert.equal(await refusal('*1'), '=message=failure: default trial user can not be removed')
})

test('passwords are shown to those with the policy sensitive, from 7.21 only when asked for', async (t) => {
  const password = async (options: Partial<RouterSimulatorOptions>, ...words: string[]) => {
    const client = await (await setup(t, options)).enter()
    await client.ask('/ip/hotspot/user/add', '=name=juma', '=password=secret')
    return rows(await client.ask('/ip/hotspot/user/print', '?name=juma', ...words))[0]?.password
  }
  const sensitive = ['api', 'read', 'write', 'sensitive']
  assert.equal(await password({}), '*****')
  assert.equal(await password({ policies: sensitive }), 'secret')
  assert.equal(await password({ policies: sensitive, version: '7.21' }), '*****')
  assert.equal(await password({ policies: sensitive, version: '7.21' }, '=show-sensitive='), 'secret')
})

test('prints can be narrowed, counted and filtered', async (t) => {
  const client = await (await setup(t)).enter()
  for (const [name, total] of [
    ['a', '9'],
    ['b', '10'],
    ['c', '100'],
  ]) {
    await client.ask('/ip/hotspot/user/add', `=name=${name}`, `=limit-bytes-total=${total}`, '=comment=x')
  }
  const names = async (...queries: string[]) =>
    rows(await client.ask('/ip/hotspot/user/print', '=.proplist=name', ...queries)).map(({ name }) => name)
  assert.deepEqual(await names('?=name=b'), ['b'])
  assert.deepEqual(await names('?-limit-bytes-total'), ['default-trial'])
  assert.deepEqual(await names('?>limit-bytes-total=9'), ['b', 'c'])
  assert.deepEqual(await names('?<limit-bytes-total=10'), ['a'])
  assert.deepEqual(await names('?name=a', '?name=c', '?#|'), ['a', 'c'])
  assert.deepEqual(await names('?name=a', '?#!', '?comment=x'), ['b', 'c'])
  assert.deepEqual(await names('?name=a', '?name=b', '?#1'), ['a'])
  assert.deepEqual(await client.ask('/ip/hotspot/user/print', '=count-only=', '?comment=x'), [['!done', '=ret=3']])
  assert.deepEqual(await client.ask('/ip/hotspot/user/print', '=.proplist=.id,name', '?name=a'), [
    ['!re', '=.id=*2', '=name=a'],
    ['!done'],
  ])
})

test('before 7.18 a print without rows says only that it is done', async (t) => {
  const client = await (await setup(t, { version: '7.17' })).enter()
  assert.deepEqual(await client.ask('/ip/hotspot/active/print'), [['!done']])
})

test('an unknown menu gets two traps on v7 and one on v6', async (t) => {
  const v7 = await (await setup(t)).enter()
  assert.deepEqual(await v7.ask('/interface/wireless/registration-table/print', '.tag=1'), [
    ['!trap', '.tag=1', '=category=0', '=message=no such command or directory (wireless)'],
    ['!trap', '.tag=1', '=message=no such command prefix'],
    ['!done', '.tag=1'],
  ])
  assert.equal((await v7.ask('/ip/smb/print'))[0]?.at(-1), '=message=no such command or directory (smb)')
  assert.equal((await v7.ask('/ip/hotspot/user/explode'))[0]?.at(-1), '=message=no such command')
  const v6 = await (await setup(t, { version: '6.49.17' })).enter()
  assert.deepEqual(await v6.ask('/ip/smb/print'), [['!trap', '=message=no such command prefix'], ['!done']])
})

test('each release has its menus, some only with a package', async (t) => {
  const has = async (version: string, menu: string, packages?: string[]) => {
    const client = await (await setup(t, { version, ...(packages && { packages }) })).enter()
    const [[reply] = []] = await client.ask(`${menu}/print`)
    return reply !== '!trap'
  }
  assert.deepEqual(
    [await has('6.49.17', '/interface/wireguard/peers'), await has('7.12', '/interface/wireguard/peers')],
    [false, true],
  )
  assert.deepEqual([await has('7.12', '/system/device-mode'), await has('7.18', '/system/device-mode')], [false, true])
  assert.deepEqual(
    [await has('7.12', '/caps-man/remote-cap'), await has('7.20.8', '/caps-man/remote-cap')],
    [true, false],
  )
  assert.equal(await has('7.24', '/interface/wireless/registration-table', ['routeros', 'wireless']), true)
  assert.equal(await has('7.12', '/interface/wifiwave2/radio', ['routeros', 'wifiwave2']), true)
  assert.equal(await has('6.49.17', '/ip/hotspot', ['system', 'dhcp']), false)
})

test('open connections are services of the same name from 7.19 on, which cannot be set; 7.24 names the allow list anew', async (t) => {
  for (const version of ['6.49.17', '7.12.1', '7.18.2', '7.20.8', '7.24']) {
    const client = await (await setup(t, { version })).enter()
    const isNewer = ['7.20.8', '7.24'].includes(version)
    const services = async () => rows(await client.ask('/ip/service/print')).filter(({ name }) => name === 'api')
    assert.equal((await services()).length, isNewer ? 2 : 1, version)
    const byName = await client.ask('/ip/service/set', '=numbers=api', '=address=192.168.88.2/32')
    assert.equal(byName[0]?.at(-1), isNewer ? '=message=failure: this is configured elsewhere' : '!done', version)
    const own = (await services()).find(({ dynamic }) => dynamic !== 'true')
    await client.ask('/ip/service/set', `=.id=${own?.['.id']}`, '=address=192.168.88.2/32')
    const [set] = await services()
    const listed = version === '7.24' ? 'available-from' : 'address'
    assert.deepEqual(
      [set?.[listed], set?.['max-sessions']],
      ['192.168.88.2/32', isNewer || version === '7.18.2' ? '20' : undefined],
    )
    const asNew = await client.ask('/ip/service/set', `=.id=${own?.['.id']}`, '=available-from=')
    assert.equal(asNew[0]?.[0], version === '7.24' ? '!done' : '!trap', version)
    client.close()
  }
})

test('an account that may only read changes nothing', async (t) => {
  const client = await (await setup(t, { policies: ['api', 'read'] })).enter()
  assert.deepEqual(await client.ask('/ip/hotspot/user/add', '=name=juma'), [
    ['!trap', '=message=not enough permissions (9)'],
    ['!done'],
  ])
  assert.equal(rows(await client.ask('/ip/hotspot/user/print')).length, 1)
})

test('RADIUS is set up through the API', async (t) => {
  const { router, enter } = await setup(t, { version: '7.14' })
  const client = await enter()
  assert.equal(
    (await client.ask('/radius/add', '=require-message-auth=no'))[0]?.at(-1),
    '=message=unknown parameter require-message-auth',
  )
  await client.ask('/radius/add', '=service=hotspot,ppp', '=address=127.0.0.1', '=secret=s', '=timeout=3s')
  const [row] = rows(await client.ask('/radius/print'))
  assert.deepEqual([row?.secret, row?.timeout, row?.['authentication-port']], ['*****', '3s', '1812'])
  assert.deepEqual(rows(await client.ask('/radius/monitor', '=.id=*1', '=once='))[0]?.['bad-replies'], '0')
  await client.ask('/radius/incoming/set', '=accept=yes', `=port=${router.coaPort}`)
  assert.deepEqual(rows(await client.ask('/radius/incoming/print')), [{ accept: 'true', port: String(router.coaPort) }])
})

test('a router that is down resets the connections it has and those that come', async (t) => {
  const { router, enter, open } = await setup(t)
  const client = await enter()
  router.faults.apiDown = true
  await client.closed
  // The reset may come before the connection counts as made.
  await open().then(
    (late) => late.closed,
    () => {},
  )
  router.faults.apiDown = false
  await enter()
})

test('a silent router takes everything and answers nothing', async (t) => {
  const { router, open, enter } = await setup(t)
  router.faults.apiSilent = true
  const client = await open()
  client.send('/login', '=name=mlango', '=password=pw')
  client.socket.end()
  await client.closed
  assert.equal(client.socket.bytesRead, 0)
  router.faults.apiSilent = false
  await enter()
})

test('a half-open router reads, answers and closes nothing until it is itself again', async (t) => {
  const { router, open, enter } = await setup(t)
  const [leaving, staying] = [await enter(), await enter()]
  router.faults.apiHalfOpen = true
  const late = await open()
  late.send('/login', '=name=mlango', '=password=pw')
  staying.send('/system/identity/print')
  leaving.socket.end()
  // Its web server answers in the same event loop: what came by the API before has been seen by then.
  for (let turn = 0; turn < 3; turn += 1) await (await fetch(`http://127.0.0.1:${router.httpPort}/`)).text()
  assert.equal(late.socket.bytesRead, 0)
  assert.equal(leaving.socket.readableEnded, false)
  assert.deepEqual(router.commands, [])
  assert.equal(router.connections(), 3)

  router.faults.apiHalfOpen = false
  await leaving.closed
  assert.equal((await staying.next())[0], '!re')
  assert.deepEqual(await late.next(), ['!done'])
})

test('a router can do what it was told and lose the answer', async (t) => {
  const { router, enter } = await setup(t)
  const client = await enter()
  router.faults.apiAnswersLost = true
  client.send('/ip/hotspot/user/add', '=name=juma')
  await client.closed
  router.faults.apiAnswersLost = false
  assert.equal(rows(await (await enter()).ask('/ip/hotspot/user/print', '?name=juma')).length, 1)
})

test('a router that has too many sessions closes right after the login', async (t) => {
  const { router, open } = await setup(t)
  router.faults.closeAfterLogin = true
  const client = await open()
  assert.deepEqual(await client.ask('/login', '=name=mlango', '=password=pw'), [['!done']])
  await client.closed
})

test('a simulator that cannot have its port says so, and one can stop twice', async (t) => {
  const { router } = await setup(t)
  await assert.rejects(setup(t, { apiPort: router.apiPort }), { code: 'simulator-not-started' })
  await router.stop()
  await router.stop()
  const client = connectRaw(router.apiPort).then(
    () => 'open',
    () => 'refused',
  )
  assert.equal(await client, 'refused')
})

test('a connection can break before a command is done, or in the middle of its answer', async (t) => {
  const { router, enter } = await setup(t)
  const [before, half] = [await enter(), await enter()]
  router.faults.apiCutsBefore = true
  before.send('/ip/hotspot/user/add', '=name=juma')
  await before.closed
  router.faults.apiCutsBefore = false
  router.faults.apiCutsMidReply = true
  half.send('/ip/hotspot/user/print')
  await half.closed
  router.faults.apiCutsMidReply = false
  const users = rows(await (await enter()).ask('/ip/hotspot/user/print'))
  assert.deepEqual(
    users.map(({ name }) => name),
    ['default-trial'],
  )
})

test('answers can come a few bytes at a time', async (t) => {
  const { router, enter } = await setup(t)
  const client = await enter()
  router.faults.apiPieceBytes = 3
  assert.equal(rows(await client.ask('/ip/hotspot/user/print'))[0]?.name, 'default-trial')
})
