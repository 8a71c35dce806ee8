import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from './site.ts'

describe('money that comes without a prompt', () => {
  let site: Site
  before(async () => {
    site = await openSite({
      environment: { MLANGO_MPESA_PULL: 'true', MLANGO_MPESA_REFUND_APPROVAL_ABOVE_CENTS: '500' },
    })
    assert.equal((await site.call('POST', '/api/mpesa/c2b/register')).status, 202)
    await site.mpesa.whenC2bRegistered()
  })
  after(() => site.close())

  const receiptRow = async (receipt: string) =>
    (await site.call('GET', '/api/receipts?limit=200')).body.items.find(
      (row: { receipt: string }) => row.receipt === receipt,
    )

  const claim = (receipt: string, macAddress: string) =>
    site.call('POST', '/api/payments/claim', { receipt, mac_address: macAddress }, null)

  /** The cookie of a new admin, in the place of a token. */
  async function signIn(username: string) {
    const password = 'a long enough password'
    assert.equal((await site.call('POST', '/api/users', { username, password, role: 'admin' })).status, 201)
    const { headers } = await site.call('POST', '/api/session', { username, password }, null)
    return { cookie: (headers.get('set-cookie') ?? '').split(';')[0] ?? '' }
  }

  it('by the paybill, and its receipt typed on the page, is online', async () => {
    const phone = site.join()
    const paid = await site.mpesa.payByHand({ phoneNumber: phone.phoneNumber, amount: 10, reference: 'wifi' })
    assert.equal(paid.status, 200)
    const answer = await claim(paid.receipt.toLowerCase(), phone.macAddress)
    assert.equal(answer.status, 200)
    assert.ok(answer.body.access.username)
    await site.router.whenOnline(phone.macAddress)
    assert.equal((await claim(paid.receipt, phone.macAddress)).status, 200)
    const grants = (await site.call('GET', '/api/grants')).body.items
    assert.equal(grants.filter((row: { mac_address: string }) => row.mac_address === phone.macAddress).length, 1)
  })

  it('of a prompt whose callback is lost settles the purchase at once', async () => {
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, 'lost-callback')
    site.mpesa.payerForm = 'hashed'
    const purchase = await site.buy(phone)
    await site.whenView(purchase, ({ status }) => status === 'fulfilled', 8_000)
    assert.equal(site.mpesa.queries.length, 0)
    site.mpesa.payerForm = 'plain'
  })

  it('of an odd amount waits for an operator, who sells a package for it', async () => {
    const phone = site.join()
    const { receipt } = await site.mpesa.payByHand({ phoneNumber: phone.phoneNumber, amount: 7 })
    assert.equal((await claim(receipt, phone.macAddress)).body.code, 'receipt-no-package')
    const free = (await site.call('GET', '/api/receipts?unallocated=true')).body.items
    assert.ok(free.some((row: { receipt: string }) => row.receipt === receipt))
    const body = { package_id: site.packageId, mac_address: phone.macAddress, reason: 'regular guest' }
    assert.equal((await site.call('POST', `/api/receipts/${receipt}/assign`, body)).status, 200)
    await site.router.whenOnline(phone.macAddress)
    assert.equal((await site.call('POST', `/api/receipts/${receipt}/assign`, body)).status, 409)
  })

  it('that nobody told of is found on the statement', async () => {
    site.mpesa.c2bSilent = true
    const phone = site.join()
    const { receipt } = await site.mpesa.payByHand({ phoneNumber: phone.phoneNumber, amount: 10 })
    assert.equal((await claim(receipt, phone.macAddress)).status, 404)
    const csv = `Receipt No.,Completion Time,Paid In,A/C No.\n${receipt},2026-11-24 10:00:00,10.00,\n`
    const foreign = await site.call('POST', '/api/receipts/statement', `Short Code:,600638,,\n${csv}`)
    assert.deepEqual([foreign.status, foreign.body.code], [422, 'other-shortcode'], 'nothing of it is booked')
    const commas = `Receipt No.;Completion Time;Paid In\n${receipt};2026-11-24 10:00:00;10.00\nRKTQDM7W6S;2026-11-24 10:05:00;1000,00\n`
    const unclear = await site.call('POST', '/api/receipts/statement', commas)
    assert.deepEqual([unclear.status, unclear.body.code], [422, 'invalid-input'])
    assert.match(unclear.body.detail, /RKTQDM7W6S.*"1000,00"/)
    assert.equal(await receiptRow(receipt), undefined)
    const { body } = await site.call('POST', '/api/receipts/statement', csv)
    assert.deepEqual([body.lines, body.missing_here, body.unallocated], [1, 1, 1])
    assert.equal((await claim(receipt, phone.macAddress)).status, 200)
    site.mpesa.c2bSilent = false
  })

  it('or in M-PESA’s own books', async () => {
    site.mpesa.c2bSilent = true
    const phone = site.join()
    const { receipt } = await site.mpesa.payByHand({ phoneNumber: phone.phoneNumber, amount: 10 })
    const events = await site.events()
    assert.equal((await site.call('POST', '/api/receipts/pull')).status, 202)
    await events.when(({ type, data }) => type === 'money.unallocated' && data.receipt === receipt)
    events.close()
    assert.equal((await receiptRow(receipt)).channel, 'pull')
    assert.equal((await claim(receipt, phone.macAddress)).status, 200)
    site.mpesa.c2bSilent = false
  })

  it('is never taken on the word of somebody who does not know the address', async () => {
    const body = { TransID: 'FAKE000001', TransAmount: '10', MSISDN: '254712345678' }
    const answer = await site.call('POST', `/api/mpesa/c2b/${'x'.repeat(43)}/confirmation`, body, null)
    assert.equal(answer.status, 404)
    assert.equal(await receiptRow('FAKE000001'), undefined)
  })

  it('goes back by two people above the limit, and what it bought ends', async () => {
    const phone = site.join()
    const purchase = await site.buy(phone)
    await site.router.whenOnline(phone.macAddress)
    await site.whenView(purchase, ({ status }) => status === 'fulfilled')
    const asha = await signIn('asha')
    const juma = await signIn('juma')
    const refundPath = `/api/payments/${purchase.paymentId}/refund`
    assert.equal((await site.call('POST', refundPath, { reason: 'no internet' })).body.code, 'operator-needed')
    const asked = await site.call('POST', refundPath, { reason: 'no internet' }, asha)
    assert.deepEqual([asked.status, asked.body.state], [202, 'requested'])
    const decision = `/api/refunds/${asked.body.refund_id}/decision`
    assert.equal((await site.call('POST', decision, { approve: true }, asha)).body.code, 'same-person')
    assert.equal((await site.call('POST', decision, { approve: true })).body.code, 'operator-needed')
    assert.equal((await site.view(purchase)).status, 'fulfilled')
    assert.equal((await site.call('POST', decision, { approve: true }, juma)).body.state, 'sent')
    await site.whenView(purchase, ({ status }) => status === 'refund_pending')
    await site.router.whenOffline(phone.macAddress)
    const tell = (result: object) => site.call('POST', `/api/refunds/${asked.body.refund_id}/result`, result)
    const notDone = await tell({ result: 'not-done' })
    assert.deepEqual([notDone.status, notDone.body.code], [409, 'refund-not-lost'])
    assert.match(notDone.body.detail, /`sent`/)
    const done = await tell({ result: 'done', reference: 'REVERSAL01' })
    assert.equal(done.body.state, 'done')
    const late = await tell({ result: 'failed' })
    assert.deepEqual([late.status, late.body.code], [409, 'refund-not-filed'])
    assert.match(late.body.detail, /over: `done`/)
    assert.equal((await site.view(purchase)).status, 'refunded')
    const { body } = await site.call('GET', `/api/payments/${purchase.paymentId}/history`)
    const last = body.items.at(-1)
    assert.deepEqual([last.event, last.to, last.by], ['refund_ok', 'refunded', 'bootstrap'])
  })
})
