import { asError, MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Db } from './database.ts'
import type { CommandReply, CommandRequest } from './protocol.ts'

export interface WriterHooks {
  /** Runs one command; called inside its own savepoint. */
  perform(request: CommandRequest): unknown
  /** Last writes of the group: due jobs, claims. A throw fails the whole group. */
  beforeCommit(): void
  /** The group is on disk. Called before any reply goes out. */
  afterCommit(): void
}

/** INVARIANT: a reply with `ok` leaves only after the commit that holds its command has been synced. */
export interface Writer {
  submit(request: CommandRequest, reply: (reply: CommandReply) => void): void
  /** Makes a commit soon even if no command comes: a job is due. */
  wake(): void
  /** Commits what waits, now. */
  flush(): void
}

/**
 * Group commit: everything that arrived during the last commit goes into one transaction, each command in a savepoint of
 * its own, so one fsync serves them all and one bad command undoes only itself.
 */
export function openWriterLoop(db: Db, hooks: WriterHooks, log: Log): Writer {
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')
  const savepoint = db.prepare('SAVEPOINT command')
  const release = db.prepare('RELEASE command')
  const undo = db.prepare('ROLLBACK TO command')

  let waiting: { request: CommandRequest; reply: (reply: CommandReply) => void }[] = []
  let scheduled = false

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(flush)
  }

  function perform(request: CommandRequest): CommandReply {
    savepoint.run()
    try {
      const value = hooks.perform(request)
      release.run()
      return { kind: 'reply', requestId: request.requestId, ok: true, value }
    } catch (thrown) {
      // SQLite ends the whole transaction by itself on a full disk or an I/O error; then nothing of the group stands.
      if (!db.inTransaction) throw thrown
      undo.run()
      release.run()
      return refusal(request, thrown)
    }
  }

  function refusal(request: CommandRequest, thrown: unknown): CommandReply {
    const error = asError(thrown)
    if (error instanceof MlangoError) {
      return { kind: 'reply', requestId: request.requestId, ok: false, code: error.code, message: error.message }
    }
    log.error({ err: error, command: request.name }, 'a command failed: this is a bug')
    return {
      kind: 'reply',
      requestId: request.requestId,
      ok: false,
      code: 'internal',
      message: `${request.name} failed`,
    }
  }

  function flush(): void {
    scheduled = false
    const group = waiting
    waiting = []
    const replies: CommandReply[] = []
    try {
      begin.run()
      for (const { request } of group) replies.push(perform(request))
      hooks.beforeCommit()
      commit.run()
    } catch (thrown) {
      if (db.inTransaction) rollback.run()
      const error = asError(thrown)
      log.error({ err: error, commands: group.length }, 'a commit failed; nothing of it was stored')
      for (const { request, reply } of group) {
        reply({
          kind: 'reply',
          requestId: request.requestId,
          ok: false,
          code: 'store-commit-failed',
          message: error.message,
        })
      }
      return
    }
    hooks.afterCommit()
    group.forEach(({ reply }, index) => {
      const answer = replies[index]
      if (answer) reply(answer)
    })
  }

  return {
    submit(request, reply) {
      waiting.push({ request, reply })
      schedule()
    },
    wake: schedule,
    flush,
  }
}
