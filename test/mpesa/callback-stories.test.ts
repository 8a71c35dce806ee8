import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEvidence } from '../../src/mpesa/evidence.ts'
import type { Scenario } from '../../src/simulators/mpesa-scenarios.ts'
import { PHONE, setUpMpesa } from '../simulators/mpesa-house.ts'

const stories: [scenario: Scenario, kind: string, said: string | number | undefined][] = [
  ['success', 'paid', 2000],
  ['wrong-amount', 'paid', 2100],
  ['no-receipt', 'paid', undefined],
  ['cancelled', 'failed', 'cancelled'],
  ['no-answer', 'failed', 'no-reply'],
  ['wrong-pin', 'failed', 'wrong-pin'],
  ['low-balance', 'failed', 'low-balance'],
]
for (const [scenario, kind, said] of stories) {
  test(`the callback of the story "${scenario}" is read as ${kind} ${said ?? 'without an amount'}`, async (t) => {
    const { mpesa, received, push } = await setUpMpesa(t, { scenario })
    await push()
    await mpesa.whenCallbackAnswered()
    const evidence = readEvidence(received[0]?.body ?? '')
    assert.equal(evidence.kind, kind)
    assert.ok(evidence.kind !== 'malformed')
    assert.equal(evidence.checkoutRequestId, mpesa.pushes[0]?.checkoutRequestId)
    assert.equal(evidence.merchantRequestId, mpesa.pushes[0]?.merchantRequestId)
    if (evidence.kind === 'failed') assert.equal(evidence.failureCode, said)
    else assert.equal(evidence.amountCents, said)
    if (scenario !== 'success' || evidence.kind !== 'paid') return
    const paid = await mpesa.whenPaid()
    assert.equal(evidence.receipt, paid.receipt)
    assert.equal(evidence.phoneNumber, PHONE)
    assert.equal(evidence.paidAtMs, Math.floor(paid.paidAtMs / 1000) * 1000)
  })
}
