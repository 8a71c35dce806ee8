import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { voucherBoughtWith } from '../../../src/billing/payment-purpose.ts'
import { requestRefund } from '../../../src/billing/refunds.ts'
import { redeemVoucher } from '../../../src/billing/vouchers.ts'
import { openPurchase } from '../../billing/purchase.ts'
import { runJob } from '../../jobs/run-job.ts'
import { openDesk } from '../desk.ts'

const FRIEND = '254733123456'
const readable = (html: string) =>
  html
    .replace(/<(style|script)\b.*?<\/\1>|<div[^>]*\shidden[^>]*>.*?<\/div>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\s\u00a0]+/g, ' ')

/** A phone that buys an hour for a friend. */
function setup(t: TestContext, environment: Record<string, string> = {}) {
  const { ask, rooms } = openDesk(t, environment)
  const packageId = rooms.addPackage({ name: '1 hour' })
  const purchase = openPurchase(rooms, { packageId, purpose: { voucherPhoneNumber: FRIEND } }).prompted()
  const page = async (language = 'en') =>
    (await ask(null, 'GET', `/w/${purchase.paymentId}/${purchase.token}?l=${language}`)).text
  async function pay(): Promise<string> {
    purchase.paid()
    await runJob(rooms, 'process-payment', { paymentId: purchase.paymentId })
    return voucherBoughtWith(rooms.db, purchase.paymentId)?.code ?? ''
  }
  return { rooms, purchase, page, pay }
}

const grouped = (code: string) => `${code.slice(0, 4)} ${code.slice(4, 7)} ${code.slice(7)}`

test('who has bought a voucher for somebody else is shown its code and what to do with it, and the page rests', async (t) => {
  const { page, pay } = setup(t)
  const code = await pay()
  const html = await page()
  const text = readable(html)
  assert.match(text, /Your voucher is ready/)
  assert.ok(text.includes(`Voucher code ${grouped(code)}`), text)
  assert.match(text, /Give this code to the person it is for/)
  assert.doesNotMatch(text, /by SMS|Connecting/)
  assert.doesNotMatch(html, /data-view|http-equiv=refresh/)
  const swahili = readable(await page('sw'))
  assert.ok(swahili.includes(grouped(code)) && swahili.includes('Mpe msimbo huu mtu uliyemnunulia'), swahili)
})

test('where the site sends SMS the page says to whom it goes, too', async (t) => {
  const environment = {
    MLANGO_SMS_PROVIDER: 'africastalking',
    MLANGO_SMS_USERNAME: 'wifi',
    MLANGO_SMS_API_KEY: 'the-key',
  }
  const { page, pay } = setup(t, environment)
  await pay()
  assert.match(readable(await page()), /The code also goes to 0733 ••• 456 by SMS/)
})

test('a voucher that is used, or taken back, is said to be so', async (t) => {
  const used = setup(t)
  used.rooms.run(redeemVoucher, { code: await used.pay(), macAddress: '02:00:00:00:00:77' })
  assert.match(readable(await used.page()), /This code has been used up/)

  const { rooms, purchase, page, pay } = setup(t)
  const code = await pay()
  const refund = { paymentId: purchase.paymentId, receipt: null, reason: 'wrong package', by: 'asha' }
  rooms.run(requestRefund, { ...refund, approvalAboveCents: 1_000_000 })
  const text = readable(await page())
  assert.match(text, /This code is no longer valid/)
  assert.ok(!text.includes(grouped(code)), text)
})

test('a purchase for somebody else that failed is not asked for again as one for the phone that pays', async (t) => {
  const { purchase, page } = setup(t)
  purchase.failed('cancelled')
  const html = await page()
  assert.match(readable(html), /You cancelled the payment. No money was taken/)
  assert.doesNotMatch(html, /action="\/pay"/)
})
