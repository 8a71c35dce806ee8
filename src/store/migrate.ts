import { MlangoError } from '../errors.ts'
import type { Db } from './database.ts'
import { firstHouse } from './migrations/0001-first-house.ts'
import { queueVerbs } from './migrations/0002-queue-verbs.ts'
import { historyAndMetrics } from './migrations/0003-history-and-metrics.ts'
import { subscriptions } from './migrations/0004-subscriptions.ts'
import { routerFleet } from './migrations/0005-router-fleet.ts'
import { radiusTerms } from './migrations/0006-radius.ts'
import { money } from './migrations/0007-money.ts'
import { portal } from './migrations/0008-portal.ts'
import { doors } from './migrations/0009-doors.ts'
import { pauses } from './migrations/0010-pauses.ts'
import { provisionalAccess } from './migrations/0011-provisional-access.ts'
import { offers } from './migrations/0012-offers.ts'
import { outagesAndTexts } from './migrations/0013-outages-and-texts.ts'
import { upkeep } from './migrations/0014-upkeep.ts'
import { pausesKept } from './migrations/0015-pauses-kept.ts'
import { moneyToldTwice } from './migrations/0016-money-told-twice.ts'
import { periodsAndPauses } from './migrations/0017-periods-and-pauses.ts'
import { provisioningOrders } from './migrations/0018-provisioning-orders.ts'
import { askedFrom } from './migrations/0019-asked-from.ts'
import { furtherLanguages } from './migrations/0020-further-languages.ts'
import { runOnceMore } from './migrations/0021-run-once-more.ts'
import { callbacksInACrowd } from './migrations/0022-callbacks-in-a-crowd.ts'
import { headOfficeAndCounts } from './migrations/0024-head-office-and-counts.ts'
import { clocksOnline } from './migrations/0025-clocks-online.ts'
import { localJobs } from './migrations/0026-local-jobs.ts'
import { loginDataLimit } from './migrations/0028-login-data-limit.ts'
import { inputOfRouters } from './migrations/0029-input-of-routers.ts'
import { connectionTerms } from './migrations/0030-connection-terms.ts'
import { signingRouters } from './migrations/0031-signing-routers.ts'
import { validityWindows } from './migrations/0035-validity-windows.ts'
import { toldLater } from './migrations/0036-told-later.ts'
import { readyJobs } from './migrations/0038-ready-jobs.ts'
import { countedMoney } from './migrations/0039-counted-money.ts'
import { countedVouchers } from './migrations/0040-counted-vouchers.ts'
import { movesAndOddMessages } from './migrations/0041-moves-and-odd-messages.ts'
import { cutPauses } from './migrations/0042-cut-pauses.ts'
import { exactEnds } from './migrations/0043-exact-ends.ts'
import { outagesByAWrongClock } from './migrations/0044-outages-by-a-wrong-clock.ts'
import { withdrawnAndBack } from './migrations/0045-withdrawn-and-back.ts'
import { revokedByHand } from './migrations/0046-revoked-by-hand.ts'
import { outagesOverAStart } from './migrations/0047-outages-over-a-start.ts'
import { paymentsByState } from './migrations/0048-payments-by-state.ts'
import { revokedInUse } from './migrations/0049-revoked-in-use.ts'

/** In order, listed by hand, never edited after a release. The place in the list is the schema's version. */
const migrations: readonly string[] = [
  firstHouse,
  queueVerbs,
  historyAndMetrics,
  subscriptions,
  routerFleet,
  radiusTerms,
  money,
  portal,
  doors,
  pauses,
  provisionalAccess,
  offers,
  outagesAndTexts,
  upkeep,
  pausesKept,
  moneyToldTwice,
  periodsAndPauses,
  provisioningOrders,
  askedFrom,
  furtherLanguages,
  runOnceMore,
  callbacksInACrowd,
  headOfficeAndCounts,
  clocksOnline,
  localJobs,
  loginDataLimit,
  inputOfRouters,
  connectionTerms,
  signingRouters,
  validityWindows,
  toldLater,
  readyJobs,
  countedMoney,
  countedVouchers,
  movesAndOddMessages,
  cutPauses,
  exactEnds,
  outagesByAWrongClock,
  withdrawnAndBack,
  revokedByHand,
  outagesOverAStart,
  paymentsByState,
  revokedInUse,
]

export const newestSchema = migrations.length

/** 0: nothing has been written yet. */
export const schemaOf = (db: Db): number => Number(db.pragma('user_version', { simple: true }))

/** Brings the file to schema `newest`, all the way or not at all. Refuses a file that a newer release has written. */
export function migrate(db: Db, newest = newestSchema): void {
  const version = schemaOf(db)
  if (version > newest) {
    throw new MlangoError(
      'schema-too-new',
      `The database has schema ${version}, this release knows ${newest}: start the newer release that wrote it`,
    )
  }
  if (version === newest) return
  db.transaction(() => {
    for (const statements of migrations.slice(version, newest)) db.exec(statements)
    db.pragma(`user_version = ${newest}`)
  })()
  // The pages that this took stay in memory otherwise.
  db.pragma('shrink_memory')
}
