import type { Context } from 'hono'
import { isAccessCode } from '../access/access-code.ts'
import { type GrantRow, grantById, grantByUsername, grantOf } from '../access/grant-table.ts'
import { resumeGrant } from '../access/resume.ts'
import { openSessionsOfGrant, type SessionRow } from '../access/session-table.ts'
import { voucherByCode } from '../billing/voucher-table.ts'
import {
  givenForSigned,
  normaliseVoucherCode,
  type RedeemOutcome,
  redeemSignedVoucher,
  redeemVoucher,
} from '../billing/vouchers.ts'
import { claimReceipt } from '../billing/walk-in.ts'
import { enqueueJob } from '../flow/queue-commands.ts'
import { routerByAddress } from '../routers/router-table.ts'
import { looksSigned, openPublicVoucherKey, readSignedVoucher } from '../signed-voucher.ts'
import type { Db } from '../store/database.ts'
import { clientAddress } from './client-address.ts'
import type { House } from './house.ts'
import { knownDevice } from './portal/known-device.ts'
import { limitTries } from './tries.ts'

/** What may be typed where a code is asked for. */
export type CodeKind = 'voucher' | 'resume' | 'receipt'

export type CodeOutcome =
  | { outcome: 'granted'; grant: GrantRow }
  | { outcome: 'unknown' | 'used' | 'expired' | 'revoked' }
  /** Right, but an operator stopped it. */
  | { outcome: 'paused' }
  /** Right, but another device would have to go: asks whether it may. */
  | { outcome: 'in-use'; devices: { limit: number; online: number } }
  /** Right, but a free trial stays with its device. */
  | { outcome: 'other-device' }
  /** The money is here and fits nothing on sale: a person decides. */
  | { outcome: 'no-package' }
  | { outcome: 'too-many-tries'; waitSeconds: number }

/** The device that is to go online, and whether another one may go offline for it. */
export interface CodeUser {
  macAddress: string | null
  mayMove: boolean
}

/** `deviceIsKnown`: the network vouches that it is the device it claims to be. */
type UserAtDoor = CodeUser & { deviceIsKnown: boolean; askedFrom: string }

/** How many codes one customer may try: guessing must not pay. */
const GUESSES = { most: 10, windowMs: 10 * 60_000 }

/** Where many customers stand behind one address, devices can be invented: so many codes all of them may try together. */
const OF_MANY = { most: 100, windowMs: 10 * 60_000 }

/** Turns a code into access on this device, by whichever door it came in. Tries one kind after the other. */
export function openCodes(house: House) {
  const { store, db, clock, config } = house
  const guesses = limitTries({ ...GUESSES, clock })
  const guessesOfMany = limitTries({ ...OF_MANY, clock })

  /**
   * Seconds to wait before the next try. A customer is counted by the device that the network vouches for, else by the address.
   * Behind a router that masquerades all customers share one, so there the device that is claimed has to do.
   */
  function waitOf(address: string, macAddress: string | null, deviceIsKnown: boolean): number {
    const ofDevice = () => (macAddress === null ? 0 : guesses.take(`device ${macAddress}`))
    const isOneOfMany = macAddress !== null && (deviceIsKnown || routerByAddress(db, address) !== undefined)
    // In this order: who has no more tries from an address cannot use up those of a device that is only claimed.
    return (isOneOfMany ? guessesOfMany : guesses).take(`address ${address}`) || ofDevice()
  }

  const key = config.site.voucher_key
  const voucherKey = key === undefined ? undefined : openPublicVoucherKey(key)

  function redeemAny(code: string, { mayMove: _asked, ...device }: UserAtDoor): Promise<RedeemOutcome> | RedeemOutcome {
    if (!looksSigned(code)) return store.run(redeemVoucher, { code, ...device })
    const voucher = voucherKey && readSignedVoucher(code, voucherKey)
    return voucher ? store.run(redeemSignedVoucher, { voucher, ...device }) : { outcome: 'unknown' }
  }

  function grantIdOfSigned(code: string): string | undefined {
    const voucher = voucherKey && readSignedVoucher(code, voucherKey)
    return voucher && givenForSigned(db, voucher.id)?.grantId
  }

  async function redeem(code: string, user: UserAtDoor): Promise<CodeOutcome> {
    const outcome = await redeemAny(code, user)
    if (outcome.outcome === 'redeemed-before') {
      const resumed = await resume(outcome.grantId, user)
      return resumed.outcome === 'unknown' || resumed.outcome === 'expired' ? { outcome: 'used' } : resumed
    }
    if (outcome.outcome !== 'redeemed') return outcome
    const grant = grantById(db, outcome.grantId)
    return grant ? { outcome: 'granted', grant } : { outcome: 'unknown' }
  }

  /** The grant stands; the device comes to it and is logged in like one that just paid. */
  async function resume(
    grantId: string | undefined,
    { macAddress, mayMove, askedFrom }: UserAtDoor,
  ): Promise<CodeOutcome> {
    if (grantId === undefined) return { outcome: 'unknown' }
    const devices = mayMove ? undefined : fullWith(grantId, { macAddress, askedFrom })
    if (devices) return { outcome: 'in-use', devices }
    const outcome = await store.run(resumeGrant, { grantId, macAddress, askedFrom })
    if (outcome.outcome === 'unknown') return { outcome: 'unknown' }
    if (outcome.outcome === 'ended') return { outcome: 'expired' }
    if (outcome.outcome === 'paused-by-operator') return { outcome: 'paused' }
    if (outcome.outcome === 'other-device') return { outcome: 'other-device' }
    await store.run(enqueueJob, { name: 'create-hotspot-user', payload: { grantId } })
    return { outcome: 'granted', grant: outcome.grant }
  }

  /**
   * How many devices are online with this access, and how many may be, when one more would make another go. A device without a
   * name cannot come in where its address does not tell which one it is.
   */
  function fullWith(grantId: string, { macAddress, askedFrom }: Pick<UserAtDoor, 'macAddress' | 'askedFrom'>) {
    if (macAddress === null && routerByAddress(db, askedFrom)) return undefined
    const isItself = (session: SessionRow) =>
      macAddress === null ? session.framedIpAddress === askedFrom : session.macAddress === macAddress
    const others = openSessionsOfGrant(db, grantId).filter((session) => !isItself(session))
    const limit = grantById(db, grantId)?.deviceLimit ?? 1
    return others.length < limit ? undefined : { limit, online: others.length }
  }

  const tryAs: Record<CodeKind, (code: string, user: UserAtDoor) => Promise<CodeOutcome>> = {
    voucher: redeem,
    resume: (code, user) => resume(looksSigned(code) ? grantIdOfSigned(code) : grantIdOfCode(db, code), user),
    async receipt(code, user) {
      const outcome = await store.run(claimReceipt, {
        receipt: normaliseVoucherCode(code),
        macAddress: user.macAddress,
        askedFrom: user.askedFrom,
        timeZone: config.site.timezone,
      })
      if (outcome.outcome !== 'paid') return outcome
      const grantId = grantOf(db, 'payment', outcome.paymentId)?.id
      // It has paid for an account, or for somebody else's voucher.
      return grantId === undefined ? { outcome: 'used' } : resume(grantId, user)
    },
  }

  return async (context: Context, kinds: readonly CodeKind[], code: string, user: CodeUser): Promise<CodeOutcome> => {
    const { macAddress } = user
    const address = clientAddress(context, config.http.trusted_proxies)
    const deviceIsKnown = macAddress !== null && knownDevice(house, address, macAddress)?.macAddress === macAddress
    const waitSeconds = waitOf(address, macAddress, deviceIsKnown)
    if (waitSeconds > 0) return { outcome: 'too-many-tries', waitSeconds }
    let refusal: CodeOutcome = { outcome: 'unknown' }
    for (const kind of kinds) {
      const outcome = await tryAs[kind](code, { ...user, deviceIsKnown, askedFrom: address })
      if (outcome.outcome === 'granted' || outcome.outcome === 'in-use') return outcome
      if (refusal.outcome === 'unknown') refusal = outcome
    }
    return refusal
  }
}

/**
 * What the holder has in hand: a code of our own making, read off a screen or heard, in which there is no O, I or L; or
 * the voucher that was used, the only code that its buyer ever saw. A user name that somebody chose is no code, nor is the
 * account number of a subscription, which is no secret.
 */
function grantIdOfCode(db: Db, typed: string): string | undefined {
  const code = normaliseVoucherCode(typed).replaceAll('O', '0').replace(/[IL]/g, '1')
  if (!isAccessCode(code)) return voucherByCode(db, code)?.grantId ?? undefined
  const grant = grantByUsername(db, code)
  return grant?.usernameIsCode === 1 ? grant.id : undefined
}

export type Codes = ReturnType<typeof openCodes>
