import { timingSafeEqual } from 'node:crypto'
import { receiveVoucherBan } from './billing/banned-vouchers.ts'
import { receiveCallback } from './billing/payment-answers.ts'
import { C2B_TOKEN_TEXT, receiveMoney } from './billing/receive-money.ts'
import { receiveRefundResult } from './billing/relayed-refund.ts'
import type { Clock } from './clock.ts'
import { readRefundResult, readVoucherBan } from './cloud/head-office.ts'
import { openRelayInbox, type RelayInbox } from './cloud/relay-inbox.ts'
import type { Config } from './config.ts'
import type { Log } from './log.ts'
import { readC2bConfirmation } from './mpesa/c2b-body.ts'
import { readEvidence } from './mpesa/evidence.ts'
import type { Store } from './store/client.ts'
import { type Site, siteToken } from './store/site.ts'

interface RelayDoorParts {
  config: Config
  store: Store
  site: Site
  clock: Clock
  log: Log
}

/** Stands for the sender's address, which the relay alone has seen. */
const SOURCE = 'relay'

/** Who asks, in the audit. */
const BY_CLOUD = { actor: 'cloud' } as const

/** M-PESA's messages by way of the cloud, and head office's: the same commands as by HTTP. None without a relay key. */
export function openRelayDoor({ config: { cloud }, store, site, clock, log }: RelayDoorParts): RelayInbox | undefined {
  if (cloud.relay_key === undefined) return undefined
  const c2bSecret = Buffer.from(siteToken(site, C2B_TOKEN_TEXT))
  return openRelayInbox({
    relayKey: cloud.relay_key,
    clock,
    log,
    stores: {
      async 'mpesa/callback'({ token, body }) {
        const callback = { token, body, evidence: readEvidence(body), sourceAddress: SOURCE }
        const outcome = await store.run(receiveCallback, callback)
        return outcome === 'unknown-token' ? outcome : 'stored'
      },
      async 'mpesa/c2b'({ token, body }) {
        const given = Buffer.from(token)
        if (given.length !== c2bSecret.length || !timingSafeEqual(given, c2bSecret)) return 'unknown-token'
        await store.run(receiveMoney, { channel: 'c2b', report: readC2bConfirmation(body), body, source: SOURCE })
        return 'stored'
      },
    },
    headOffice: {
      async 'mpesa/refund'({ id: messageId, token: refundId, body }) {
        const note = { action: 'refund.result', ...BY_CLOUD, subject: `refund ${refundId}` }
        const message = { messageId, refundId, body, told: readRefundResult(body) }
        await store.run(receiveRefundResult, message, { ...note, unless: ['repeat', 'known', 'malformed'] })
        return 'stored'
      },
      async 'vouchers/ban'({ id: messageId, token: signedId, body }) {
        const note = { action: 'voucher.revoke', ...BY_CLOUD, subject: `voucher ${signedId}` }
        const message = { messageId, signedId, body, told: readVoucherBan(body) }
        await store.run(receiveVoucherBan, message, { ...note, unless: ['repeat', 'used-here', 'malformed'] })
        return 'stored'
      },
    },
  })
}
