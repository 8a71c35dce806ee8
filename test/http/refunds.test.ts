import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPurchase } from '../billing/purchase.ts'
import { openDesk } from './desk.ts'

const ABOVE = { MLANGO_MPESA_REFUND_APPROVAL_ABOVE_CENTS: '0' }

test('above the limit the names of one admin are one person: only another who has signed in decides', async (t) => {
  const { ask, addOperator, signedIn, rooms } = openDesk(t, ABOVE)
  for (const name of ['asha', 'juma', 'kassa'] as const) await addOperator(name, name === 'kassa' ? 'cashier' : 'admin')
  const purchase = openPurchase(rooms).prompted()
  purchase.paid()
  const path = `/api/payments/${purchase.paymentId}/refund`
  const body = { reason: 'no internet' }
  for (const refused of [await ask('admin', 'POST', path, body), await ask(null, 'POST', path, body, { local: true })])
    assert.deepEqual([refused.status, refused.body.code], [403, 'operator-needed'])
  const asha = { headers: await signedIn('asha') }
  const asked = await ask(null, 'POST', path, body, asha)
  assert.deepEqual([asked.status, asked.body.state], [202, 'requested'])

  const decision = `/api/refunds/${asked.body.refund_id}/decision`
  const verdict = `/api/payments/${purchase.paymentId}/approve`
  const refused = [
    await ask('admin', 'POST', decision, { approve: true }),
    await ask(null, 'POST', decision, { approve: true }, { local: true }),
    await ask('admin', 'POST', verdict, { ...body, refund_id: asked.body.refund_id }),
    await ask(null, 'POST', decision, { approve: true }, asha),
    await ask(null, 'POST', decision, { approve: true }, { headers: await signedIn('kassa') }),
  ]
  assert.deepEqual(
    refused.map(({ body: { code } }) => code),
    ['operator-needed', 'operator-needed', 'operator-needed', 'same-person', 'forbidden'],
  )
  assert.equal(purchase.state, 'PAID')
  const agreed = await ask(null, 'POST', decision, { approve: true }, { headers: await signedIn('juma') })
  assert.deepEqual([agreed.status, agreed.body.state, agreed.body.decided_by], [200, 'sent', 'juma'])
  assert.equal(purchase.state, 'REFUND_PENDING')
})

test('a payment in review is approved by a receipt that M-PESA can have given, and by no other words', async (t) => {
  const { ask, rooms } = openDesk(t)
  const purchase = openPurchase(rooms).prompted()
  purchase.paid({ receipt: undefined })
  const approve = (receipt: string) =>
    ask('admin', 'POST', `/api/payments/${purchase.paymentId}/approve`, { reason: 'seen in the portal', receipt })
  for (const typed of ['', ' ', 'PAID', 'QAB 12CD345', 'QAB12CD34É', '<b>1234567']) {
    assert.equal((await approve(typed)).status, 422, typed)
  }
  assert.equal(purchase.state, 'REVIEW')
  assert.equal((await approve(' qab12cd345 ')).status, 200)
  assert.deepEqual(
    purchase.receipts().map(({ receipt }) => receipt),
    ['QAB12CD345'],
  )
})
