import { siteTime } from '../site-time.ts'
import type { ConsolePage } from './console-page.ts'
import { DataTable } from './desk-tables.tsx'
import { spanOf } from './span.ts'

export interface QueueRow {
  name: string
  pool: string
  ready: number
  running: number
  scheduled: number
  /** Ready, but kept back by a pause, a target that is down or a rate. */
  held?: number | undefined
  failed: number
  /** How long the oldest ready job has waited. */
  oldestReadyMs?: number | undefined
  /** Null `untilMs`: until it is resumed. */
  paused?: { untilMs: number | null } | null | undefined
}

export interface FailedJobRow {
  id: string
  name: string
  queue: string
  attempts: number
  /** The last error, without secrets. */
  error: string
  failedAtMs: number
}

/** The queues in their order of priority. An admin can pause each and let it go on. */
export function Queues({ page, rows }: { page: ConsolePage; rows: readonly QueueRow[] }) {
  return (
    <DataTable
      title="Queues"
      note="highest priority first"
      rows={rows}
      empty="No queue is known."
      columns={[
        {
          head: 'Queue',
          cell: (row) => (
            <>
              {row.name}{' '}
              {row.paused && (
                <span class="pill bad">
                  paused
                  {row.paused.untilMs !== null &&
                    ` until ${siteTime('en', page.timeZone, row.paused.untilMs, page.nowMs)}`}
                </span>
              )}
            </>
          ),
        },
        { head: 'Ready', number: true, cell: (row) => <Count n={row.ready} /> },
        { head: 'Running', number: true, cell: (row) => <Count n={row.running} /> },
        { head: 'Scheduled', number: true, cell: (row) => <Count n={row.scheduled} /> },
        { head: 'Held', number: true, cell: (row) => <Count n={row.held ?? 0} /> },
        {
          head: 'Failed',
          number: true,
          cell: (row) => (row.failed > 0 ? <span class="pill bad">{row.failed}</span> : <Count n={0} />),
        },
        {
          head: 'Oldest',
          number: true,
          cell: (row) => (row.oldestReadyMs === undefined ? <span class="zero">–</span> : spanOf(row.oldestReadyMs)),
        },
        {
          head: '',
          number: true,
          cell: (row) => (
            <DoButton page={page} action={`queue/${row.name}/${row.paused ? 'resume' : 'pause'}`} what={row.name}>
              {row.paused ? 'Resume' : 'Pause'}
            </DoButton>
          ),
        },
      ]}
    />
  )
}

/** A click that changes something; who may not is not shown it. */
function DoButton({
  page,
  action,
  what,
  children,
}: {
  page: ConsolePage
  action: string
  what: string
  children: string
}) {
  return (
    page.operator.role === 'admin' && (
      <form method="post" action={`/console/${action}`}>
        <input type="hidden" name="csrf" value={page.csrf} />
        <button type="submit" class="quiet" aria-label={`${children} ${what}`}>
          {children}
        </button>
      </form>
    )
  )
}

function Count({ n }: { n: number }) {
  return n === 0 ? <span class="zero">0</span> : n
}

/** Jobs that used up their attempts. Each can be tried again or forgotten. */
export function FailedJobs({ page, rows }: { page: ConsolePage; rows: readonly FailedJobRow[] }) {
  const button = (row: FailedJobRow, verb: string, said: string) => (
    <DoButton page={page} action={`jobs/${encodeURIComponent(row.id)}/${verb}`} what={row.name}>
      {said}
    </DoButton>
  )
  return (
    <DataTable
      title="Failed jobs"
      rows={rows}
      empty="Nothing has failed."
      columns={[
        { head: 'When', cell: (row) => siteTime('en', page.timeZone, row.failedAtMs, page.nowMs) },
        { head: 'Job', cell: (row) => row.name },
        { head: 'Queue', cell: (row) => row.queue },
        { head: 'Tries', number: true, cell: (row) => row.attempts },
        { head: 'Last error', class: 'wrap', cell: (row) => row.error },
        { head: '', cell: (row) => button(row, 'retry', 'Retry') },
        { head: '', cell: (row) => button(row, 'forget', 'Forget') },
      ]}
    />
  )
}
