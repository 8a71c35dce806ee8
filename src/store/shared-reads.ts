import type { Clock } from '../clock.ts'
import { beforeQuestions, type Db } from './database.ts'

/** How many commits there were since the start: the store thread counts, every thread may look. */
export type CommitCount = Int32Array<SharedArrayBuffer>

export const openCommitCount = (): CommitCount => new Int32Array(new SharedArrayBuffer(4))

/** INVARIANT: called after each commit, before anybody hears of it. */
export const countCommit = (commits: CommitCount): void => {
  Atomics.add(commits, 0, 1)
}

/** The log of the database cannot begin anew while somebody reads an old state of it. */
const LONGEST_MS = 50

/**
 * From now on this connection answers many small questions in one read transaction, for as long as nothing is committed: alone, each
 * would lock and unlock the file, which costs more than the question. INVARIANT: a question shows all that was committed before it was
 * asked. Returns how to end that, before the connection is closed.
 */
export function shareReads(db: Db, { commits, clock }: { commits: CommitCount; clock: Clock }): () => void {
  const begin = db.prepare('BEGIN')
  const commit = db.prepare('COMMIT')
  let seen: number | undefined
  let cancel = () => {}

  function end(): void {
    cancel()
    if (db.inTransaction) commit.run()
    seen = undefined
  }

  beforeQuestions(db, () => {
    // Before the first read: a commit in between is shown at once, and looked for once more.
    const count = Atomics.load(commits, 0)
    if (seen === count) return
    end()
    begin.run()
    seen = count
    cancel = clock.after(LONGEST_MS, end)
  })
  return end
}
