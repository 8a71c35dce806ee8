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
  failed: number
  /** How long the oldest ready job has waited. */
  oldestReadyMs?: number | undefined
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

/** The queues in their order of priority. */
export function Queues({ rows }: { rows: readonly QueueRow[] }) {
  return (
    <DataTable
      title="Queues"
      note="highest priority first"
      rows={rows}
      empty="No queue is known."
      columns={[
        { head: 'Queue', cell: (row) => row.name },
        { head: 'Ready', number: true, cell: (row) => <Count n={row.ready} /> },
        { head: 'Running', number: true, cell: (row) => <Count n={row.running} /> },
        { head: 'Scheduled', number: true, cell: (row) => <Count n={row.scheduled} /> },
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
      ]}
    />
  )
}

function Count({ n }: { n: number }) {
  return n === 0 ? <span class="zero">0</span> : n
}

/** Jobs that used up their attempts. Each can be tried again; who may not is not shown the button. */
export function FailedJobs({ page, rows }: { page: ConsolePage; rows: readonly FailedJobRow[] }) {
  const retry = (row: FailedJobRow) =>
    page.operator.role === 'admin' && (
      <form method="post" action={`/console/jobs/${encodeURIComponent(row.id)}/retry`}>
        <input type="hidden" name="csrf" value={page.csrf} />
        <button type="submit" class="quiet" aria-label={`Retry ${row.name}`}>
          Retry
        </button>
      </form>
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
        { head: '', cell: retry },
      ]}
    />
  )
}
