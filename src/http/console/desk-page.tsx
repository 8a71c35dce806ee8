import type { ConsolePage } from '../../../portal/console/console-page.ts'
import { DeskPage, type DeskPageProps } from '../../../portal/console/desk.tsx'
import { grantById } from '../../access/grant-table.ts'
import { recentSessions } from '../../access/session-table.ts'
import { allPackages, packageById } from '../../billing/package-table.ts'
import { type PaymentRow, recentPayments } from '../../billing/payment-table.ts'
import { maskPhoneNumber } from '../../billing/phone-number.ts'
import { receiptOfPayment } from '../../billing/receipt-table.ts'
import { failedJobs } from '../../flow/failed-job-table.ts'
import { errorsOf } from '../../flow/job-table.ts'
import { queueStats } from '../../flow/queue-stats.ts'
import { provisioningOf } from '../../routers/provision/provisionings.ts'
import { allRouters, routerById } from '../../routers/router-table.ts'
import { probeOf } from '../../routers/watch/probes.ts'
import { reachOf } from '../../routers/watch/reach-table.ts'
import type { House } from '../house.ts'
import { deskCounts } from './desk-counts.ts'

/** The whole site on one page, read from the database as it stands. */
export function deskPage(house: House, page: ConsolePage, notice?: DeskPageProps['notice']) {
  const { db, workers, config } = house
  const sessions = recentSessions(db, { open: true, limit: 50 })
  return (
    <DeskPage
      {...page}
      notice={notice}
      counts={deskCounts(db, config.site, page.nowMs)}
      payments={recentPayments(db, { limit: 12 }).map((payment) => paymentRow(house, payment))}
      sessions={sessions.map((session) => {
        const grant = session.grantId === null ? undefined : grantById(db, session.grantId)
        return {
          id: String(session.id),
          username: session.username,
          packageName: grant?.packageName ?? '',
          macAddress: session.macAddress ?? '',
          routerName: routerById(db, session.routerId)?.name ?? '',
          startedAtMs: session.startedAtMs,
          expiresAtMs: grant?.expiresAtMs,
          usedBytes: session.inputBytes + session.outputBytes,
        }
      })}
      routers={allRouters(db).map((router) => ({
        id: router.id,
        name: router.name,
        address: router.address ?? '',
        status: router.status,
        lastSeenAtMs: reachOf(db, router.id)?.seenAtMs ?? undefined,
        openSessions: sessions.filter(({ routerId }) => routerId === router.id).length,
      }))}
      setups={allRouters(db).map(({ id, name }) => setupOf(house, id, name))}
      queues={queueStats(db, workers, page.nowMs).queues.map((queue) => ({
        ...queue,
        oldestReadyMs: queue.oldestReadyMs ?? undefined,
      }))}
      failedJobs={failedJobs(db, { limit: 20 }).map((job) => ({
        id: String(job.id),
        name: job.name,
        queue: job.queue,
        attempts: job.attempt,
        error: (errorsOf(job).at(-1)?.message ?? job.reason).split('\n')[0] ?? '',
        failedAtMs: job.failedAtMs,
      }))}
      packages={allPackages(db).filter(({ active }) => active === 1)}
    />
  )
}

function setupOf({ db }: House, routerId: number, name: string): DeskPageProps['setups'][number] {
  const last = provisioningOf(db, routerId)
  return {
    name,
    last: last && { ...last, isPlan: last.dryRun === 1 },
    advice: probeOf(db, routerId)?.advice ?? [],
  }
}

function paymentRow({ db }: House, payment: PaymentRow): DeskPageProps['payments'][number] {
  return {
    id: payment.id,
    createdAtMs: payment.createdAtMs,
    phoneMasked: maskPhoneNumber(payment.phoneNumber),
    packageName: packageById(db, payment.packageId)?.name ?? '',
    amountCents: payment.amountCents,
    currency: payment.currency,
    status: payment.state.toLowerCase(),
    receipt: receiptOfPayment(db, payment.id)?.receipt ?? undefined,
    failureCode: payment.failureCode ?? undefined,
  }
}
