import { money } from '../money.ts'
import type { ConsolePage } from './console-page.ts'
import { type FailedJobRow, FailedJobs, type QueueRow, Queues } from './desk-queue.tsx'
import { type PaymentRow, Payments, type RouterRow, Routers, type SessionRow, Sessions } from './desk-tables.tsx'
import { ConsoleLayout } from './layout.tsx'
import { type Notice, NoticeLine } from './notice.tsx'
import { type RouterSetup, RouterSetups } from './router-setups.tsx'

export interface DeskCounts {
  onlineNow: number
  paidNotConnected: number
  paymentsToday: number
  revenueTodayCents: number
  currency: string
}

export interface SellableForVoucher {
  id: number
  name: string
  priceCents: number
  currency: string
}

export type DeskPageProps = ConsolePage & {
  counts: DeskCounts
  payments: readonly PaymentRow[]
  sessions: readonly SessionRow[]
  routers: readonly RouterRow[]
  setups: readonly RouterSetup[]
  queues: readonly QueueRow[]
  failedJobs: readonly FailedJobRow[]
  packages: readonly SellableForVoucher[]
  /** What the last click did, or why it did not. */
  notice?: Notice | undefined
}

/** The whole site on one page: money, people, routers, work, and vouchers to sell. */
export function DeskPage(props: DeskPageProps) {
  const { counts, payments, sessions, routers, setups, queues, failedJobs, packages, notice, ...page } = props
  return (
    <ConsoleLayout page={page} title="Desk" live>
      <div class="bar">
        <h1>Desk</h1>
        <a class="btn quiet" href="/console/packages">
          Packages
        </a>
        <a class="btn quiet" href="/console/texts">
          SMS texts
        </a>
      </div>
      <NoticeLine notice={notice} />
      {page.operator.role !== 'viewer' && <SellVouchers page={page} packages={packages} />}
      <div id="live">
        <Counts counts={counts} queues={queues} />
        <div class="cols">
          <div>
            <Payments page={page} rows={payments} />
            <Sessions page={page} rows={sessions} />
          </div>
          <div>
            <Routers page={page} rows={routers} />
            <RouterSetups rows={setups} />
          </div>
        </div>
        <Queues page={page} rows={queues} />
        <FailedJobs page={page} rows={failedJobs} />
      </div>
    </ConsoleLayout>
  )
}

function Counts({ counts, queues }: { counts: DeskCounts; queues: readonly QueueRow[] }) {
  const waiting = queues.reduce((sum, { ready }) => sum + ready, 0)
  const failed = queues.reduce((sum, queue) => sum + queue.failed, 0)
  return (
    <ul class="counts">
      <li>
        <b>{counts.onlineNow}</b>
        <span class="muted">online now</span>
      </li>
      <li>
        <b>{money(counts.revenueTodayCents, counts.currency)}</b>
        <span class="muted">
          today, {counts.paymentsToday} {counts.paymentsToday === 1 ? 'payment' : 'payments'}
        </span>
      </li>
      <li class={counts.paidNotConnected > 0 ? 'alarm' : undefined}>
        <b>{counts.paidNotConnected}</b>
        <span class="muted">paid, not connected</span>
      </li>
      <li>
        <b>{waiting}</b>
        <span class="muted">jobs waiting</span>
      </li>
      <li class={failed > 0 ? 'alarm' : undefined}>
        <b>{failed}</b>
        <span class="muted">jobs failed</span>
      </li>
    </ul>
  )
}

function SellVouchers({ page, packages }: { page: ConsolePage; packages: readonly SellableForVoucher[] }) {
  return (
    <div class="panel">
      <h2>Sell vouchers</h2>
      {packages.length === 0 ? (
        <p class="empty">No package yet. Add one with: mlango package add</p>
      ) : (
        <form class="sell" method="post" action="/console/vouchers">
          <input type="hidden" name="csrf" value={page.csrf} />
          <div>
            <label for="package">Package</label>
            <select id="package" name="package" required>
              {packages.map(({ id, name, priceCents, currency }) => (
                <option value={String(id)}>
                  {name} – {money(priceCents, currency)}
                </option>
              ))}
            </select>
          </div>
          <div class="few">
            <label for="count">How many</label>
            <input id="count" name="count" type="number" inputmode="numeric" min="1" max="1000" value="1" required />
          </div>
          <button type="submit">Make vouchers</button>
        </form>
      )}
    </div>
  )
}
