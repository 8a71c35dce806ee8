import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { sealAccounting } from '../../src/simulators/router/nas/authenticity.ts'
import { integer, text } from '../../src/simulators/router/nas/packet.ts'
import type { Db } from '../../src/store/database.ts'
import type { Purchase, Site } from './site.ts'

/** Something that the daemon has said "yes" to, and how to see in its file that it still knows. */
export interface Acknowledged {
  what: string
  /** Of the disk's log, when the "yes" had arrived. */
  moment: number
  holds(db: Db): boolean
}

const START = 1
const STOP = 2
const INTERIM = 3
/** Of a machine that has other things to do. */
const LONG_MS = 60_000

const isOne = (db: Db, query: string, ...values: unknown[]) =>
  db
    .prepare(query)
    .pluck()
    .get(...values) === 1

/**
 * A busy day at the site, over the real sockets: customers pay, vouchers are redeemed, routers report usage, operators
 * click. Goes on until the daemon is gone, and over as many lives of it as there are `run`s.
 */
export class Trade {
  readonly acknowledged: Acknowledged[] = []
  readonly purchases: Purchase[] = []
  readonly #site: Site
  readonly #moment: () => number
  readonly #waiting = new Map<number, () => void>()
  #count = 0

  constructor(site: Site, moment: () => number) {
    this.#site = site
    this.#moment = moment
  }

  /** Resolves when the daemon has said "yes" so many times more. */
  whenAcknowledged(more: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(this.acknowledged.length + more, resolve))
  }

  /** What the daemon had said "yes" to by that moment of the disk's log. */
  promisedBy(moment: number): Acknowledged[] {
    return this.acknowledged.filter((yes) => yes.moment <= moment)
  }

  /** Resolves when everybody has noticed that the daemon is gone. */
  async run(): Promise<void> {
    const over = Promise.allSettled([
      this.#buyers(),
      this.#buyers(),
      this.#vouchers(),
      this.#vouchers(),
      this.#operator(),
    ])
    await Promise.all([this.#callbacks(over), this.#usage(over)])
  }

  #yes(what: string, holds: Acknowledged['holds']): void {
    this.acknowledged.push({ what, moment: this.#moment(), holds })
    this.#waiting.get(this.acknowledged.length)?.()
  }

  #next(): number {
    this.#count += 1
    return this.#count
  }

  async #buyers(): Promise<never> {
    for (;;) {
      const number = this.#next()
      const macAddress = macOf(number)
      this.#site.router.join(macAddress)
      const purchase = await this.#site.buy({ macAddress, phoneNumber: `254700${String(number).padStart(6, '0')}` })
      this.purchases.push(purchase)
      const { paymentId } = purchase
      this.#yes(`request of ${paymentId}`, (db) => isOne(db, 'SELECT count(*) FROM payments WHERE id = ?', paymentId))
      await this.#site.whenView(purchase, ({ access, status }) => access !== null || status === 'uncertain', LONG_MS)
    }
  }

  /** Of M-PESA, which tells every payment twice. */
  async #callbacks(over: Promise<unknown>): Promise<void> {
    const { mpesa } = this.#site
    for (let count = mpesa.callbacksSent.filter(({ status }) => status !== null).length + 1; ; count++) {
      const next = mpesa.whenCallbackAnswered(count, LONG_MS)
      // After the end nobody waits for it.
      next.catch(() => {})
      const sent = await Promise.race([next, over.then(() => undefined)])
      if (!sent) return
      const { checkoutRequestId, status } = sent
      if (status !== 200) continue
      // Of a crowd it is kept as it came, and looked into when everybody has been answered.
      this.#yes(`callback of ${checkoutRequestId}`, (db) =>
        isOne(
          db,
          `SELECT EXISTS (SELECT 1 FROM receipts JOIN payments ON payments.id = receipts.payment_id
              WHERE checkout_request_id = :id AND state IN ('PAID', 'FULFILLED'))
            OR EXISTS (SELECT 1 FROM callback_inbox WHERE outcome = 'waiting' AND instr(body, :id) > 0)`,
          { id: checkoutRequestId },
        ),
      )
    }
  }

  async #vouchers(): Promise<never> {
    for (;;) {
      const batch = await this.#site.call('POST', '/api/vouchers', { package_id: this.#site.packageId, count: 20 })
      const codes: string[] = batch.body.codes
      this.#yes(`voucher batch ${batch.body.batch_id}`, (db) =>
        isOne(db, 'SELECT count(*) = 20 FROM vouchers WHERE batch_id = ?', batch.body.batch_id),
      )
      for (const code of codes) {
        await this.#redeem(code)
        this.#yes(`voucher ${code}`, (db) =>
          isOne(
            db,
            `SELECT count(*) FROM vouchers JOIN grants ON grants.id = grant_id
              WHERE code = ? AND state = 'redeemed' AND source = 'voucher'`,
            code,
          ),
        )
      }
    }
  }

  /** Each from an address of its own: guessing codes is slow from one. */
  async #redeem(code: string): Promise<void> {
    const number = this.#next()
    const answer = await fetch(`${this.#site.url}/api/vouchers/redeem`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-Forwarded-For': `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`,
      },
      body: JSON.stringify({ code, mac_address: macOf(number) }),
    })
    if (answer.status !== 200) throw new Error(`redeeming answered ${answer.status}: ${await answer.text()}`)
    await answer.text()
  }

  async #operator(): Promise<never> {
    for (;;) {
      const number = this.#next()
      const made = await this.#site.call('POST', '/api/packages', {
        name: `Package ${number}`,
        price_cents: 1000,
        duration_seconds: 3600,
      })
      this.#yes(`package ${number}`, (db) =>
        isOne(db, 'SELECT count(*) FROM packages WHERE id = ? AND name = ?', made.body.id, `Package ${number}`),
      )
      const grant = await this.#site.call('POST', '/api/grants', { package_id: made.body.id, reason: 'a test' })
      if (grant.status !== 201) throw new Error(`giving access answered ${grant.status}`)
      const { id } = grant.body
      this.#yes(`grant ${id}`, (db) => isOne(db, 'SELECT count(*) FROM grants WHERE id = ?', id))
      const revoked = await this.#site.call('DELETE', `/api/grants/${id}`)
      if (revoked.status !== 204) throw new Error(`taking access back answered ${revoked.status}`)
      this.#yes(`end of grant ${id}`, (db) => isOne(db, 'SELECT ended_at_ms IS NOT NULL FROM grants WHERE id = ?', id))
    }
  }

  async #usage(over: Promise<unknown>): Promise<void> {
    const stop = new AbortController()
    over.then(() => stop.abort())
    const { radiusPorts, radiusSecret } = this.#site
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    try {
      for (;;) {
        const sessionId = `usage-${this.#next()}`
        for (const [status, bytes] of [
          [START, 0],
          [INTERIM, 1_000],
          [INTERIM, 2_000],
          [STOP, 3_000],
        ] as const) {
          const attributes = [
            integer(40, status),
            text(1, 'somebody'),
            text(44, sessionId),
            integer(42, bytes),
            integer(46, 1),
          ]
          socket.send(sealAccounting(4, randomInt(256), attributes, radiusSecret), radiusPorts.acctPort, '127.0.0.1')
          await once(socket, 'message', { signal: stop.signal })
          this.#yes(`usage ${sessionId} ${bytes}`, (db) =>
            isOne(
              db,
              'SELECT count(*) FROM sessions WHERE acct_session_id = ? AND input_bytes >= ? AND (stopped_at_ms IS NOT NULL) >= ?',
              sessionId,
              bytes,
              status === STOP ? 1 : 0,
            ),
          )
        }
      }
    } catch (thrown) {
      if (!stop.signal.aborted) throw thrown
    } finally {
      socket.close()
    }
  }
}

function macOf(number: number): string {
  const digits = number.toString(16).padStart(6, '0').toUpperCase()
  return `02:00:00:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4)}`
}
