import * as z from 'zod'
import { type GrantRow, grantById } from '../../src/access/grant-table.ts'
import { recordMessage, type SendResult, startMessage } from '../../src/access/messages.ts'
import { leftOf } from '../../src/access/time-left.ts'
import { maskPhoneNumber } from '../../src/billing/phone-number.ts'
import { discard, done, effect, offline, snooze, unanswered, unasked } from '../../src/flow/job-outcome.ts'
import { credentialsText } from '../../src/sms/credentials-text.ts'
import { defineJob } from '../services.ts'
import { writingFor } from '../writing.ts'

/**
 * Sends the customer's credentials as a copy of what the screen shows. Gateways know no idempotency: an unknown outcome
 * waits for the delivery report before the same text goes out once more.
 */
export const sendCredentialsSms = defineJob({
  payload: z.strictObject({ grantId: z.uuid() }),
  attempts: 3,
  target: () => 'sms',
  // A gateway that is silent must leave a worker to those who pay.
  alone: 'sms',
  timeoutMs: 30_000,
  backoffMs: [5_000, 30_000, 60_000],
  uniqueBy: ({ grantId }) => grantId,
  async run({ grantId }, services) {
    const { db, store, sms, clock, signal } = services
    const grant = grantById(db, grantId)
    if (!grant) return discard(`there is no grant ${grantId}`)
    const isOver = (row: GrantRow | undefined) => !row || leftOf(db, row, clock.nowMs()).seconds === 0
    if (!sms || grant.phoneNumber === null || isOver(grant)) return unasked(done())

    const phoneMasked = maskPhoneNumber(grant.phoneNumber)
    const start = await store.run(startMessage, { grantId, phoneNumber: grant.phoneNumber })
    if (start.outcome === 'settled') return unasked(done())
    if (start.outcome === 'wait') return unasked(snooze(start.waitMs))
    const record = (result: SendResult) => effect(recordMessage, { messageId: start.messageId, result, phoneMasked })

    // A refund may have come meanwhile: the code opens nothing, so nobody is told.
    if (isOver(grantById(db, grantId))) return unasked(done(record({ outcome: 'unsent' })))
    const text = credentialsText(writingFor(services, grant.phoneNumber), grant)
    const answer = await sms.send({ to: `+${grant.phoneNumber}`, text, signal })
    switch (answer.outcome) {
      case 'accepted':
        return done(record(answer))
      case 'refused':
        return done(record({ outcome: 'refused', detail: answer.detail }))
      case 'lost':
        return unanswered(snooze(5 * 60_000, record(answer)), 'the SMS gateway does not answer')
      case 'busy':
      case 'unsent':
        await store.run(recordMessage, { messageId: start.messageId, result: { outcome: 'unsent' }, phoneMasked })
        return offline('the SMS gateway cannot be reached')
    }
  },
})
