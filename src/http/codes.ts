import type { Context } from 'hono'
import { type GrantRow, grantById, grantByUsername, grantOf } from '../access/grant-table.ts'
import { isAccessCode } from '../access/grants.ts'
import { resumeGrant } from '../access/resume.ts'
import { normaliseVoucherCode, redeemVoucher } from '../billing/vouchers.ts'
import { claimReceipt } from '../billing/walk-in.ts'
import { enqueueJob } from '../flow/queue-commands.ts'
import type { Db } from '../store/database.ts'
import { clientAddress } from './client-address.ts'
import type { House } from './house.ts'
import { limitTries } from './tries.ts'

/** What may be typed where a code is asked for. */
export type CodeKind = 'voucher' | 'resume' | 'receipt'

export type CodeOutcome =
  | { outcome: 'granted'; grant: GrantRow }
  | { outcome: 'unknown' | 'used' | 'expired' | 'revoked' }
  /** The money is here and fits nothing on sale: a person decides. */
  | { outcome: 'no-package' }
  | { outcome: 'too-many-tries'; waitSeconds: number }

/** Codes that a device and an address may try: guessing must not pay. */
const GUESSES = { most: 10, windowMs: 10 * 60_000 }

/** Turns a code into access on this device, by whichever door it came in. Tries one kind after the other. */
export function openCodes(house: House) {
  const { store, db, clock, config } = house
  const guesses = limitTries({ ...GUESSES, clock })

  async function redeem(code: string, macAddress: string | null): Promise<CodeOutcome> {
    const outcome = await store.run(redeemVoucher, { code, macAddress })
    if (outcome.outcome === 'redeemed-before') {
      const resumed = await resume(outcome.grantId, macAddress)
      return resumed.outcome === 'granted' ? resumed : { outcome: 'used' }
    }
    if (outcome.outcome !== 'redeemed') return outcome
    const grant = grantById(db, outcome.grantId)
    return grant ? { outcome: 'granted', grant } : { outcome: 'unknown' }
  }

  /** The grant stands; the device comes to it and is logged in like one that just paid. */
  async function resume(grantId: string | undefined, macAddress: string | null): Promise<CodeOutcome> {
    if (grantId === undefined) return { outcome: 'unknown' }
    const outcome = await store.run(resumeGrant, { grantId, macAddress })
    if (outcome.outcome === 'unknown') return { outcome: 'unknown' }
    if (outcome.outcome === 'ended') return { outcome: 'expired' }
    await store.run(enqueueJob, { name: 'create-hotspot-user', payload: { grantId } })
    return { outcome: 'granted', grant: outcome.grant }
  }

  const tryAs: Record<CodeKind, (code: string, macAddress: string | null) => Promise<CodeOutcome>> = {
    voucher: redeem,
    resume: (code, macAddress) => resume(grantOfCode(db, code)?.id, macAddress),
    async receipt(code, macAddress) {
      const outcome = await store.run(claimReceipt, { receipt: normaliseVoucherCode(code), macAddress })
      if (outcome.outcome !== 'paid') return outcome
      return resume(grantOf(db, 'payment', outcome.paymentId)?.id, macAddress)
    },
  }

  return async (
    context: Context,
    kinds: readonly CodeKind[],
    code: string,
    macAddress: string | null,
  ): Promise<CodeOutcome> => {
    // A device's name is only claimed: who has no more tries from an address cannot use up another device's.
    const waitSeconds =
      guesses.take(`address ${clientAddress(context, config.http.trusted_proxies)}`) ||
      (macAddress === null ? 0 : guesses.take(`device ${macAddress}`))
    if (waitSeconds > 0) return { outcome: 'too-many-tries', waitSeconds }
    for (const kind of kinds) {
      const outcome = await tryAs[kind](code, macAddress)
      if (outcome.outcome !== 'unknown') return outcome
    }
    return { outcome: 'unknown' }
  }
}

/** A code of our own making, read off a screen or heard: there is no O, I or L in it. A user name that somebody chose is no code. */
function grantOfCode(db: Db, typed: string): GrantRow | undefined {
  const code = normaliseVoucherCode(typed).replaceAll('O', '0').replace(/[IL]/g, '1')
  return isAccessCode(code) ? grantByUsername(db, code) : undefined
}

export type Codes = ReturnType<typeof openCodes>
