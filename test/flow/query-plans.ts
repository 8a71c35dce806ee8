import type { Db } from '../../src/store/database.ts'

const NAMED = {
  limit: 1,
  place: 1,
  id: 1,
  afterId: 1,
  queue: '',
  name: '',
  nowMs: 1,
  key: '',
  fromMs: 1,
  sinceMs: 1,
  untilMs: 1,
  named: '[]',
  state: '',
  phoneNumber: '',
  beforeMs: 1,
  beforeId: '',
}

/** How SQLite goes about everything that is read meanwhile. */
export function plansOf(db: Db, read: (db: Db) => void): string[] {
  const asked: string[] = []
  const listening = {
    prepare(text: string) {
      asked.push(text)
      return db.prepare(text)
    },
  } as unknown as Db
  read(listening)
  return asked.flatMap((text) => {
    const places = text.match(/\?/g)?.map(() => 1) ?? []
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...places, NAMED) as { detail: string }[]
    return plan.map(({ detail }) => detail)
  })
}

const READY_IN_ORDER = 'SEARCH jobs USING INDEX jobs_ready (queue=? AND local=?)'

export const CLAIM_OF_ONE_QUEUE = [READY_IN_ORDER]

/** The two queues of a pool in one order: no sort, and nothing is read that is not given. */
export const CLAIM_OF_TWO_QUEUES = ['MERGE (UNION ALL)', 'LEFT', READY_IN_ORDER, 'RIGHT', READY_IN_ORDER]
