import { readFileSync } from 'node:fs'
import type { AccessBook } from './access/authorize.ts'
import { staleAfterMs } from './access/session-table.ts'
import { noteRouterRestarted, recordAccounting } from './access/sessions.ts'
import { voucherByCode } from './billing/voucher-table.ts'
import { normaliseVoucherCode, redeemVoucher } from './billing/vouchers.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { asError, MlangoError } from './errors.ts'
import type { Log } from './log.ts'
import { accountingInput, answerLogins } from './radius/access-verdict.ts'
import { kept } from './radius/kept.ts'
import { nasOfRouter, radsecNas } from './radius/nas-of-router.ts'
import { openRadiusServer, type RadiusServer } from './radius/radius-server.ts'
import type { RadsecSettings } from './radius/radsec-port.ts'
import { noteRouterSigns } from './routers/registry.ts'
import { inputOctetsOfRouter, routerByAddress } from './routers/router-table.ts'
import type { Store } from './store/client.ts'
import type { Db } from './store/database.ts'

interface RadiusDoorParts {
  config: Config
  store: Store
  /** Its own: a router waits a third of a second for an answer. */
  db: Db
  clock: Clock
  log: Log
}

/** A router that was just registered, removed or given another secret is known so soon; asking the file for each packet costs more. */
const ROUTER_KEPT_MS = 1_000

/** RADIUS for the site's routers, answered from its grants and vouchers. */
export function openRadiusDoor({ config: { radius, site }, store, db, clock, log }: RadiusDoorParts): RadiusServer {
  const book: AccessBook = {
    db,
    findVoucher: (typed) => voucherByCode(db, normaliseVoucherCode(typed)),
    staleAfterMs: staleAfterMs(radius.interim_interval),
  }
  const radsecPeer = kept({ forMs: ROUTER_KEPT_MS, clock }, (peer) => {
    const [names, address] = JSON.parse(peer) as [string[], string]
    return radsecNas(db, names, address)
  })
  return openRadiusServer({
    host: radius.host,
    authPort: radius.auth_port,
    acctPort: radius.acct_port,
    radsec: radsecSettings(radius),
    macAuthPassword: radius.mac_auth_password,
    interimIntervalSeconds: radius.interim_interval,
    language: site.languages[0] ?? 'en',
    clock,
    log,
    findNas: kept({ forMs: ROUTER_KEPT_MS, clock }, (address) => {
      const router = routerByAddress(db, address)
      return router && nasOfRouter(router, radius.require_message_authenticator)
    }),
    findRadsecNas: (names, address) => radsecPeer(JSON.stringify([names, address])),
    authorize: answerLogins({
      book,
      clock,
      redeem: (voucher) => store.run(redeemVoucher, { ...voucher, deviceIsKnown: true, isLoggingIn: true }),
    }),
    account(record) {
      const inputOctets = inputOctetsOfRouter(db, record.routerId) ?? radius.input_octets
      return store.run(recordAccounting, accountingInput(record, book, inputOctets))
    },
    noteSigns: (routerId) => store.run(noteRouterSigns, { routerId }),
    nasRestarted: (restart) => store.run(noteRouterRestarted, restart),
  })
}

function radsecSettings(radius: Config['radius']): RadsecSettings | undefined {
  const { radsec_port, radsec_cert, radsec_key, radsec_ca } = radius
  if (radsec_cert === undefined || radsec_key === undefined || radsec_ca === undefined) return undefined
  return {
    port: radsec_port,
    cert: pem('radsec_cert', radsec_cert),
    key: pem('radsec_key', radsec_key),
    ca: pem('radsec_ca', radsec_ca),
  }
}

function pem(setting: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (thrown) {
    const sentence = `[radius] ${setting} names ${path}, which cannot be read: ${asError(thrown).message}`
    throw new MlangoError('radsec-certificate-unusable', sentence, { cause: thrown })
  }
}
