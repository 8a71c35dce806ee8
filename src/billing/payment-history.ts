import { createHash } from 'node:crypto'
import { type Db, sql } from '../store/database.ts'
import type { PaymentState } from './payment-states.ts'

/** One thing that happened to a payment, also when it changed nothing. */
export interface PaymentHistoryRow {
  id: number
  paymentId: string
  event: string
  fromState: PaymentState
  toState: PaymentState
  detail: string
  /** Who or what brought it about: a channel, `mlango` itself, or an operator's name. */
  by: string
  /** SHA-256 in hex of the message that says so, as it lies in the inbox. */
  evidence: string | null
  atMs: number
}

type NewRow = Omit<PaymentHistoryRow, 'id'>

const COLUMNS = `id, payment_id AS paymentId, event, from_state AS fromState, to_state AS toState, detail, by_whom AS by, evidence, at_ms AS atMs`
const NOTHING_BEFORE = Buffer.alloc(32)

/** Each row holds the hash of the row before it, so that nothing can be changed or left out unseen. */
export function insertHistory(db: Db, row: NewRow): void {
  const before = chainHead(db)
  sql(
    db,
    `INSERT INTO payment_history (payment_id, event, from_state, to_state, detail, by_whom, evidence, at_ms, previous_hash, hash)
     VALUES (:paymentId, :event, :fromState, :toState, :detail, :by, :evidence, :atMs, :before, :hash)`,
  ).run({ ...row, before, hash: hashOf(row, before) })
}

export function historyOf(db: Db, paymentId: string): PaymentHistoryRow[] {
  return sql(db, `SELECT ${COLUMNS} FROM payment_history WHERE payment_id = ? ORDER BY id`).all(
    paymentId,
  ) as PaymentHistoryRow[]
}

/** Stands for everything that ever happened to money here. */
export function chainHead(db: Db): Buffer {
  const head = sql(db, 'SELECT hash FROM payment_history ORDER BY id DESC LIMIT 1').pluck().get()
  return (head as Buffer | undefined) ?? NOTHING_BEFORE
}

/** Whether this head of an earlier day is a link of the chain still: the history goes on from it. */
export function hasLink(db: Db, head: Buffer): boolean {
  if (head.equals(NOTHING_BEFORE)) return true
  return sql(db, 'SELECT 1 FROM payment_history WHERE hash = ?').get(head) !== undefined
}

/** The id of the first row after `head` (else: of all) that is not what was written, or undefined when the chain holds. */
export function firstBrokenLink(db: Db, head: Buffer = NOTHING_BEFORE): number | undefined {
  let before = head
  const rows = sql(
    db,
    `SELECT ${COLUMNS}, previous_hash AS previousHash, hash FROM payment_history
     WHERE id > coalesce((SELECT id FROM payment_history WHERE hash = ?), 0) ORDER BY id`,
  )
  for (const row of rows.iterate(head) as Iterable<PaymentHistoryRow & { previousHash: Buffer; hash: Buffer }>) {
    if (!row.previousHash.equals(before) || !row.hash.equals(hashOf(row, before))) return row.id
    before = row.hash
  }
  return undefined
}

function hashOf(row: NewRow, before: Buffer): Buffer {
  const { paymentId, event, fromState, toState, detail, by, evidence, atMs } = row
  const said = [before.toString('hex'), paymentId, event, fromState, toState, detail, by, evidence, atMs]
  return createHash('sha256').update(JSON.stringify(said)).digest()
}
