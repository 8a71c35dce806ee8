import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from '../../flows/site.ts'
import { open, type Page } from './browser.ts'

/** All that a customer's devices send in these tests comes from this address, as a router tells it in its accounting. */
const ADDRESS = '127.0.0.1'

describe('a customer who comes back', () => {
  let site: Site
  let macs = 0
  before(async () => {
    site = await openSite()
    await site.call('POST', '/api/packages', {
      name: '1 day',
      price_cents: 5000,
      duration_seconds: 86_400,
      device_limit: 2,
    })
  })
  after(() => site.close())

  const join = (address?: string) => {
    macs += 1
    const macAddress = `02:00:00:00:02:${macs.toString(16).padStart(2, '0').toUpperCase()}`
    site.router.join(macAddress, address)
    return macAddress
  }
  const captured = (macAddress: string) => open(`http://127.0.0.1:${site.router.httpPort}/?mac=${macAddress}`)
  const started = async (macAddress: string) => {
    await site.router.whenOnline(macAddress)
    const events = await site.events()
    const username = site.router.logins.findLast((login) => login.macAddress === macAddress)?.username
    await events.when(({ type, data }) => type === 'session.started' && data.username === username)
    events.close()
  }
  async function buy(macAddress: string, phone: string, button = 'Pay KSh 10'): Promise<Page> {
    const page = await (await captured(macAddress)).press(button, { phone })
    await started(macAddress)
    return open(page.url)
  }
  const voucher = async (packageId = site.packageId) =>
    String((await site.call('POST', '/api/vouchers', { package_id: packageId, count: 1 })).body.codes[0])

  it('finds the time that is left by typing the portal’s address, and can leave and go on', async () => {
    const macAddress = join(ADDRESS)
    await buy(macAddress, '0700000201')
    const mine = await open(site.url)
    assert.match(mine.text, /You are online 1 hour – until .* Time left 59 minutes Add time Disconnect/)
    const left = await mine.press('Disconnect')
    assert.match(left.text, /You are disconnected 1 hour – until/)
    await site.router.whenOffline(macAddress)
    const connecting = await left.press('Connect this device')
    const stream = await site.stream<{ access: { online: boolean } }>(`${new URL(connecting.url).pathname}/events`)
    await stream.when(({ access }) => access.online)
    assert.match((await open(connecting.url)).text, /You are online/)
    assert.equal(site.mpesa.moneyTaken('254700000201').count, 1)
  })

  it('reads on every page of it that it has left, until it wants to be connected', async () => {
    const macAddress = join()
    const bought = await buy(macAddress, '0700000231')
    const username = site.router.logins.findLast((login) => login.macAddress === macAddress)?.username
    const events = await site.events()
    const left = await bought.press('Disconnect')
    for (const told of ['session.stopped', 'session.expired'])
      await events.when(({ type, data }) => type === told && data.username === username)
    events.close()
    const printed = left.url.replace('&left=1', '')
    for (const url of [bought.url, printed]) {
      const { text } = await open(url)
      assert.match(text, /You are disconnected 1 hour – until .*You still have time.*Connect this device/)
      assert.doesNotMatch(text, /Connecting|Your access is ready/)
    }
    const connecting = await (await open(printed)).press('Connect this device')
    assert.doesNotMatch(connecting.text, /You are disconnected/)
    await site.router.whenOnline(macAddress)
  })

  it('does not read that it is disconnected while it waits to be connected, because the staff let its access go on', async () => {
    const macAddress = join()
    const bought = await buy(macAddress, '0700000232')
    const username = site.router.logins.findLast((login) => login.macAddress === macAddress)?.username
    const grantId = (await site.call('GET', '/api/grants')).body.items.find(
      (grant: { username: string }) => grant.username === username,
    ).id
    const events = await site.events()
    await site.call('POST', `/api/grants/${grantId}/pause`)
    for (const told of ['session.stopped', 'session.expired'])
      await events.when(({ type, data }) => type === told && data.username === username)
    events.close()
    site.router.faults.apiDown = true
    await site.call('POST', `/api/grants/${grantId}/resume`)
    const { text } = await open(bought.url)
    site.router.faults.apiDown = false
    assert.match(text, /Connecting/)
    assert.doesNotMatch(text, /You are disconnected/)
  })

  it('keeps the time for later where that was sold, bought or typed from a voucher', async () => {
    const kept = { name: 'Kept hour', price_cents: 2000, duration_seconds: 3600, valid_seconds: 30 * 86_400 }
    const packageId = (await site.call('POST', '/api/packages', kept)).body.id
    assert.equal((await site.call('PUT', `/api/packages/${packageId}/terms`, { pausable: true })).status, 200)
    const typeVoucher = async (macAddress: string) => {
      const page = await (await captured(macAddress)).follow('I have a code')
      const connecting = await page.press('Connect', { code: await voucher(packageId) })
      await started(macAddress)
      return open(connecting.url)
    }
    for (const online of [await buy(join(), '0700000209', 'Pay KSh 20'), await typeVoucher(join())]) {
      assert.match(online.text, /You are online/)
      const left = await online.press('Disconnect and keep my time')
      assert.match(left.text, /You are disconnected Kept hour You still have time/)
      assert.match(left.text, /Use before \d+ \w+ \d\d:\d\d/)
      const macAddress = new URL(left.url).searchParams.get('mac') ?? ''
      await site.router.whenOffline(macAddress)
      await left.press('Connect this device')
      await site.router.whenOnline(macAddress)
    }
  })

  it('is offered what is left when the router forgot it, not a new payment', async () => {
    const macAddress = join(ADDRESS)
    await (await captured(macAddress))
      .follow('I have a code')
      .then(async (page) => page.press('Connect', { code: await voucher() }))
    await started(macAddress)
    await (await open(site.url)).press('Disconnect')
    await site.router.whenOffline(macAddress)
    const back = await captured(macAddress)
    assert.match(back.text, /Welcome back 1 hour – until .*You still have time/)
    await back.press('Connect this device')
    await site.router.whenOnline(macAddress)
  })

  it('hears that its access was stopped, and does not wait to be connected', async () => {
    const macAddress = join(ADDRESS)
    const bought = await buy(macAddress, '0700000202')
    const left = await (await open(bought.url)).press('Disconnect')
    await site.router.whenOffline(macAddress)
    const grantId = new URL(left.url).pathname.split('/')[2]
    assert.equal((await site.call('POST', `/api/grants/${grantId}/pause`)).status, 200)
    const stopped = await left.press('Connect this device')
    assert.match(stopped.text, /Your access is stopped This access is stopped for now. Ask the staff/)
    assert.doesNotMatch(stopped.text, /Connecting/)
    assert.equal((await site.call('POST', `/api/grants/${grantId}/resume`)).status, 200)
    await left.press('Connect this device')
    await site.router.whenOnline(macAddress)
  })

  it('buys again with one tap: the phone is known, and not shown', async () => {
    const macAddress = join(ADDRESS)
    const bought = await buy(macAddress, '0700000203')
    const shop = await bought.follow('Add time')
    assert.match(shop.text, /Welcome back Tap a package. The payment request goes to 0700 ••• 203/)
    assert.doesNotMatch(shop.html, /0000203|254700/)
    assert.match(shop.text, /Buy again – KSh 10 .*Pay KSh 50/)
    const before = site.mpesa.pushes.length
    const waiting = await shop.press('Buy again')
    assert.equal((await site.mpesa.whenPushed(before + 1)).phoneNumber, '254700000203')
    assert.match(waiting.url, /\/w\//)
    await site.mpesa.whenPaid(before + 1)
    const added = await site.events()
    await added.when(({ type, data }) => type === 'access.extended' && data.source_id === waiting.url.split('/')[4])
    assert.match((await open(waiting.url)).text, /You are online 1 hour – until .* Time left 1 hour 59 minutes/)
    assert.equal(site.router.active().filter((session) => session.macAddress === macAddress).length, 1)
    const other = await (await open(`${site.url}/buy`)).follow('Use another number')
    assert.match(other.html, /id="phone"/)
  })

  it('is nobody to a device that only names its address', async () => {
    const macAddress = join('10.5.99.7')
    await site.call('POST', '/api/vouchers/redeem', { code: await voucher(), mac_address: macAddress }, null)
    await started(macAddress)
    site.router.leave(macAddress)
    site.router.join(macAddress, '10.5.99.7')
    const stranger = await open(`${site.url}/?mac=${macAddress}&llo=http://127.0.0.1/login`)
    assert.match(stranger.text, /Get online Enter your M-PESA number/)
    const forged = await fetch(`${site.url}/pay`, {
      method: 'POST',
      body: new URLSearchParams({ known: '1', mac: macAddress, package: String(site.packageId) }),
    })
    assert.equal(forged.status, 422)
  })

  it('is asked before a code takes the access from another device', async () => {
    const [phone, laptop] = [join(), join(ADDRESS)]
    const code = await voucher()
    await site.call('POST', '/api/vouchers/redeem', { code, mac_address: phone }, null)
    await started(phone)
    const form = await open(`${site.url}/code?mac=${laptop}&router=1`)
    const asked = await form.press('Connect', { code })
    assert.match(asked.text, /This package is on another device. Move it here\?/)
    assert.ok(site.router.isOnline(phone) && !site.router.isOnline(laptop))
    await asked.press('Move it here')
    await site.router.whenOnline(laptop)
    await site.router.whenOffline(phone)
  })

  it('puts the TV online from the phone: scans, shares the package, and the TV says so', async () => {
    const [phone, tv] = [join(ADDRESS), join()]
    const form = await open(`${site.url}/code?mac=${phone}&router=1`)
    await form.press('Connect', { code: await voucher(site.packageId + 1) })
    await started(phone)
    const how = await (await captured(tv)).follow('TV or game console')
    const screen = await how.follow('This is the TV')
    assert.match(screen.text, /Scan with your phone/)
    assert.equal((await screen.follow('Check now')).url, screen.url)
    const pairUrl = /[\w.:]+\/tv\/[0-9A-Z]{6}/.exec(screen.text)?.[0]
    assert.ok((await (await screen.follow('Check now')).text).includes(pairUrl ?? '?'), 'the same code for the same TV')
    const helping = await open(`http://${pairUrl?.toLowerCase()}`)
    assert.match(helping.text, /Connect a TV .*1 day – until .* Use my package on it/)
    await helping.press('Use my package on it')
    await site.router.whenOnline(tv)
    assert.ok(site.router.isOnline(phone))
    assert.equal((await open(`${site.url}/tv/ZZZZZZ`)).status, 404)
  })

  it('types the address of a TV that shows no pages, and buys for it', async () => {
    const tv = join('10.5.99.9')
    const how = await open(`${site.url}/tv?router=1&l=en`)
    const typed = (text: string) => open(`${site.url}/tv/other?${new URLSearchParams({ router: '1', tv: text })}`)
    assert.match(how.text, /Or: the TV’s WiFi address/)
    const bad = await typed('AA:BB')
    assert.equal(bad.status, 422)
    assert.match(bad.text, /It should look like AA:BB:CC:DD:EE:FF/)
    const shop = await (await typed(tv.toLowerCase().replaceAll(':', '-'))).follow('Buy a package for it')
    await shop.press('Pay KSh 10', { phone: '0700000210' })
    await site.router.whenOnline(tv)
  })

  it('uses a package for two devices on both, without being asked', async () => {
    const [phone, laptop] = [join(), join(ADDRESS)]
    const code = await voucher(site.packageId + 1)
    await site.call('POST', '/api/vouchers/redeem', { code, mac_address: phone }, null)
    await started(phone)
    await (await open(`${site.url}/code?mac=${laptop}&router=1`)).press('Connect', { code })
    await site.router.whenOnline(laptop)
    assert.ok(site.router.isOnline(phone))
  })
})

describe('when something is down', () => {
  let site: Site
  before(async () => {
    site = await openSite()
  })
  after(() => site.close())

  it('the router after the payment: the money is acknowledged, nobody is to pay again, and the phone gets online', {
    timeout: 60_000,
  }, async () => {
    const { macAddress } = site.join()
    const home = await open(`http://127.0.0.1:${site.router.httpPort}/?mac=${macAddress}`)
    site.router.faults.apiDown = true
    const waiting = await home.press('Pay KSh 10', { phone: '0700000300' })
    const events = await site.events()
    await events.when(({ type, data }) => type === 'access.granted' && data.source_id === waiting.url.split('/')[4])
    const { html, text } = await open(waiting.url)
    assert.match(text, /Connecting you…/)
    const later = html.slice(html.indexOf('We have your payment'))
    assert.match(
      later,
      /We received your KSh.10. Connecting is taking longer. Do not pay again.*Reference [0-9A-Z]{10}/,
    )
    assert.doesNotMatch(html, /action="\/pay"/)
    site.router.faults.apiDown = false
    await site.router.whenOnline(macAddress, 45_000)
  })

  it('M-PESA: nobody is asked to pay after two have tried in vain, and vouchers work', async () => {
    site.mpesa.down = true
    for (const phone of ['0700000301', '0700000302']) {
      const { macAddress } = site.join()
      const home = await open(`http://127.0.0.1:${site.router.httpPort}/?mac=${macAddress}`)
      const waiting = await home.press('Pay KSh 10', { phone })
      const eventsUrl = /data-events="([^"]*)"/.exec(waiting.html)?.[1] ?? ''
      const stream = await site.stream<{ status: string }>(eventsUrl)
      // Rejected while no access token could be had; with one, a push that got no answer may have come.
      const { status } = await stream.when(({ status }) => ['rejected', 'uncertain'].includes(status))
      stream.close()
      const says =
        status === 'rejected' ? /M-PESA is not responding right now. No money was taken/ : /Check your phone|Sending/
      assert.match((await open(waiting.url)).text, says)
    }
    const home = await open(site.url)
    assert.match(home.text, /M-PESA is not responding right now. Please do not pay yet. You can use a voucher/)
    assert.doesNotMatch(home.html, /action="\/pay"/)
    const batch = await site.call('POST', '/api/vouchers', { package_id: site.packageId, count: 1 })
    const { macAddress } = site.join()
    await (await open(`http://127.0.0.1:${site.router.httpPort}/?mac=${macAddress}`)).press('Connect', {
      code: String(batch.body.codes[0]),
    })
    await site.router.whenOnline(macAddress)
  })
})
