import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from './site.ts'

const MAIN = new URL('../../src/main.js', import.meta.url).pathname

describe('RADIUS at a site', () => {
  let site: Site
  before(async () => {
    site = await openSite()
  })
  after(() => site.close())

  async function newVoucher(): Promise<string> {
    const batch = await site.call('POST', '/api/vouchers', { package_id: 1, count: 1 })
    return batch.body.codes[0]
  }

  const mlango = (...words: string[]) => {
    const environment = { PATH: process.env.PATH ?? '', ...site.environment }
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], { env: environment })
    return { status, said: `${stdout}${stderr}` }
  }

  it('lets a voucher in that is typed at the router, and counts what each router asked', async () => {
    const code = await newVoucher()
    const phone = site.join()
    assert.deepEqual(await site.router.logInByForm(phone.macAddress, { username: code, password: '' }), { ok: true })
    const events = await site.events()
    await events.when(({ type }) => type === 'session.started')
    const { body } = await site.call('GET', '/metrics')
    const accepted = /^mlango_radius_router_packets_total\{router_id="1",router="Router 1",outcome="accepted"\} 1$/m
    assert.match(body, accepted)
  })

  it('tells an operator what would be answered, and starts no voucher by it', async () => {
    const code = await newVoucher()
    const unused = mlango('radius', 'test', '--user', code, '--password', code)
    assert.equal(unused.status, 0, unused.said)
    assert.match(unused.said, /would be accepted: this voucher has not been used yet/)

    const phone = site.join()
    await site.router.logInByForm(phone.macAddress, { username: code, password: code })
    const events = await site.events()
    await events.when(({ type, data }) => type === 'session.started' && data.username === code)
    for (const more of [[], ['--chap']]) {
      const used = mlango('radius', 'test', '--user', code, '--password', code, '--mac', phone.macAddress, ...more)
      assert.equal(used.status, 0, used.said)
      assert.match(used.said, /accepted.*Session-Timeout = 3[56]\d\d\n/s)
    }
    const other = mlango('radius', 'test', '--user', code, '--password', code, '--mac', '02:00:00:00:99:99', '--json')
    assert.equal(other.status, 1)
    assert.match(other.said, /in use on another device/)
    assert.equal(mlango('radius', 'test', '--user', 'x', '--mac', 'nonsense').status, 1)
    assert.equal(mlango('radius', 'test').status, 2)
  })

  it('reads a packet to an operator', () => {
    const accept = '0209002a000102030405060708090a0b0c0d0e0f1b0600000e101a1000003a8c080a3531326b2f31306b'
    const packet = mlango('radius', 'decode', accept)
    assert.deepEqual(packet, {
      status: 0,
      said: [
        'Access-Accept, id 9, 42 octets, authenticator 000102030405060708090a0b0c0d0e0f',
        '  Session-Timeout = 3600',
        '  Mikrotik-Rate-Limit = "512k/10k"',
        '',
      ].join('\n'),
    })
    assert.match(mlango('radius', 'decode', accept.slice(0, 60)).said, /length field says 42, but there are only 30/)
    assert.equal(mlango('radius', 'decode', 'xyz').status, 2)
  })
})
