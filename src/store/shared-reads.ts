import { beforeQuestions, type Db } from './database.ts'

/** How many commits there were since the start: the store thread counts, every thread may look. */
export type CommitCount = Int32Array<SharedArrayBuffer>

export const openCommitCount = (): CommitCount => new Int32Array(new SharedArrayBuffer(4))

/** INVARIANT: called after each commit, before anybody hears of it. */
export const countCommit = (commits: CommitCount): void => {
  Atomics.add(commits, 0, 1)
}

/**
 * From now on this connection answers the questions of one turn of the event loop in one read transaction, for as long as nothing is
 * committed: alone, each would lock and unlock the file, which costs more than the question. No longer than a turn: the log of
 * the database grows while somebody reads an old state of it. INVARIANT: a question shows all that was committed before it was asked.
 * Returns how to end that, before the connection is closed.
 */
export function shareReads(db: Db, commits: CommitCount): () => void {
  const begin = db.prepare('BEGIN')
  const commit = db.prepare('COMMIT')
  let seen: number | undefined

  function end(): void {
    if (db.open && db.inTransaction) commit.run()
    seen = undefined
  }

  beforeQuestions(db, () => {
    // Before the first read: a commit in between is shown at once, and looked for once more.
    const count = Atomics.load(commits, 0)
    if (seen === count) return
    if (seen === undefined) setImmediate(end)
    else end()
    begin.run()
    seen = count
  })
  return end
}
