import type { Child } from 'hono/jsx'
import { dataSize } from '../data-size.ts'
import { money } from '../money.ts'
import { siteTime } from '../site-time.ts'
import type { ConsolePage } from './console-page.ts'
import { spanOf } from './span.ts'
import { StatePill } from './state-pill.tsx'

export interface PaymentRow {
  id: string
  createdAtMs: number
  phoneMasked: string
  packageName: string
  amountCents: number
  currency: string
  /** Payment state in lower case. */
  status: string
  receipt?: string | undefined
  /** Why it failed, where it did. */
  failureCode?: string | undefined
}

export interface SessionRow {
  id: string
  username: string
  packageName: string
  macAddress: string
  routerName: string
  startedAtMs: number
  expiresAtMs?: number | undefined
  /** Up and down together. */
  usedBytes: number
}

export interface RouterRow {
  id: number
  name: string
  address: string
  status: string
  lastSeenAtMs: number | undefined
  openSessions: number
}

interface Column<Row> {
  head: string
  /** A number: set to the right. */
  number?: boolean
  class?: string
  cell(row: Row): Child
}

interface TableProps<Row> {
  title: string
  note?: string | undefined
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  /** What to say, and to do next, where there are none. */
  empty: string
}

/** A titled table; wide ones scroll inside their box. */
export function DataTable<Row>({ title, note, columns, rows, empty }: TableProps<Row>) {
  return (
    <div class="panel">
      <h2>
        {title}
        {note !== undefined && <small>{note}</small>}
      </h2>
      {rows.length === 0 ? (
        <p class="empty">{empty}</p>
      ) : (
        // A box that scrolls must be reachable by keyboard.
        <section class="scroll" aria-label={title} tabindex={0}>
          <table>
            <thead>
              <tr>
                {columns.map((column) =>
                  column.head === '' ? (
                    <td />
                  ) : (
                    <th scope="col" class={column.number ? 'n' : undefined}>
                      {column.head}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr>
                  {columns.map((column) => (
                    <td class={column.number ? 'n' : column.class}>{column.cell(row)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  )
}

export function Payments({ page, rows }: { page: ConsolePage; rows: readonly PaymentRow[] }) {
  const columns: Column<PaymentRow>[] = [
    { head: 'Time', cell: (row) => siteTime('en', page.timeZone, row.createdAtMs, page.nowMs) },
    { head: 'Phone', cell: (row) => row.phoneMasked },
    { head: 'Package', cell: (row) => row.packageName },
    { head: 'Amount', number: true, cell: (row) => money(row.amountCents, row.currency) },
    { head: 'State', cell: (row) => <StatePill state={row.status} /> },
    { head: 'Receipt', class: 'code', cell: (row) => row.receipt ?? row.failureCode ?? '' },
  ]
  return <DataTable title="Last payments" columns={columns} rows={rows} empty="Nobody has paid yet." />
}

export function Sessions({ page, rows }: { page: ConsolePage; rows: readonly SessionRow[] }) {
  const columns: Column<SessionRow>[] = [
    { head: 'Code', class: 'code', cell: (row) => row.username },
    { head: 'Package', cell: (row) => row.packageName },
    { head: 'Device', class: 'code', cell: (row) => row.macAddress },
    { head: 'Router', cell: (row) => row.routerName },
    { head: 'Online for', number: true, cell: (row) => spanOf(page.nowMs - row.startedAtMs) },
    {
      head: 'Left',
      number: true,
      cell: (row) => (row.expiresAtMs === undefined ? '–' : spanOf(row.expiresAtMs - page.nowMs)),
    },
    { head: 'Data', number: true, cell: (row) => dataSize(row.usedBytes) },
  ]
  return <DataTable title="Online now" columns={columns} rows={rows} empty="No one is online." />
}

export function Routers({ page, rows }: { page: ConsolePage; rows: readonly RouterRow[] }) {
  const columns: Column<RouterRow>[] = [
    { head: 'Router', cell: (row) => row.name },
    { head: 'Address', class: 'code', cell: (row) => row.address },
    { head: 'State', cell: (row) => <StatePill state={row.status} /> },
    {
      head: 'Seen',
      number: true,
      cell: (row) => (row.lastSeenAtMs === undefined ? 'never' : `${spanOf(page.nowMs - row.lastSeenAtMs)} ago`),
    },
    { head: 'Online', number: true, cell: (row) => row.openSessions },
  ]
  return (
    <DataTable title="Routers" columns={columns} rows={rows} empty="No router yet. Add one with: mlango router add" />
  )
}
