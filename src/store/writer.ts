import { asError, MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Db } from './database.ts'
import type { CommandReply, CommandRequest } from './protocol.ts'

export interface WriterHooks {
  /** What has arrived for the next commit; not all of it need fit. */
  beforeGroup?(arrived: readonly { request: CommandRequest }[]): void
  /** Runs one command; called inside its own savepoint, unless it is one write. */
  perform(request: CommandRequest): unknown
  /** Whether it writes with one statement, the last that it does: then there is nothing to undo, and a savepoint costs as much again. */
  isOneWrite?(request: CommandRequest): boolean
  /** Last writes of the group: due jobs, claims. A throw undoes these alone. */
  beforeCommit(): void
  /** The group is on disk, which took `ms`. Called before any reply goes out. */
  afterCommit(ms: number): void
  /** The commit failed; nothing of the group stands. */
  afterFailure(): void
  /** Whether what kept the commit from the disk is out of the way now, so that the same group may be tried again at once. */
  makeRoom?(error: Error): boolean
}

/** INVARIANT: a reply with `ok` leaves only after the commit that holds its command has been synced. */
export interface Writer {
  submit(request: CommandRequest, reply: (reply: CommandReply) => void): void
  /** Makes a commit soon even if no command comes: a job is due. */
  wake(): void
  /** Commits what waits, now. */
  flush(): void
  /** Commits what waits, and nothing after it: the database may be closed then. */
  close(): void
}

interface Waiting {
  request: CommandRequest
  reply(reply: CommandReply): void
}

/** What comes later waits for the next group, so that a flood does not delay the first replies for seconds. */
const GROUP_MS = 100

/**
 * Group commit: everything that arrived during the last commit goes into one transaction, each command in a savepoint of
 * its own unless it is one write, so one fsync serves them all and one bad command undoes only itself.
 */
export function openWriterLoop(db: Db, hooks: WriterHooks, log: Log): Writer {
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')
  const savepoint = db.prepare('SAVEPOINT one')
  const release = db.prepare('RELEASE one')
  const undo = db.prepare('ROLLBACK TO one')

  let waiting: Waiting[] = []
  let scheduled = false
  let closed = false

  function schedule(): void {
    if (scheduled || closed) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      if (closed) return
      commitGroup()
      if (waiting.length > 0) schedule()
    })
  }

  /** Runs `write` so that a throw undoes only what it wrote. Throws on when SQLite has ended the whole transaction. */
  function alone<Value>(write: () => Value, refused: (thrown: unknown) => Value): Value {
    savepoint.run()
    try {
      const value = write()
      release.run()
      return value
    } catch (thrown) {
      // SQLite ends the transaction by itself on a full disk or an I/O error; then nothing of the group stands.
      if (!db.inTransaction) throw thrown
      undo.run()
      release.run()
      return refused(thrown)
    }
  }

  function atOnce<Value>(write: () => Value, refused: (thrown: unknown) => Value): Value {
    try {
      return write()
    } catch (thrown) {
      if (!db.inTransaction) throw thrown
      return refused(thrown)
    }
  }

  function perform(request: CommandRequest): CommandReply {
    const write = (): CommandReply => {
      const value = synchronous(hooks.perform(request))
      return { kind: 'reply', requestId: request.requestId, ok: true, value }
    }
    const refused = (thrown: unknown) => refusal(request, thrown)
    return hooks.isOneWrite?.(request) ? atOnce(write, refused) : alone(write, refused)
  }

  function refusal({ requestId, name }: CommandRequest, thrown: unknown): CommandReply {
    const error = asError(thrown)
    if (error instanceof MlangoError) return no(requestId, error.code, error.message)
    log.error({ err: error, command: name }, 'a command failed: this is a bug')
    return no(requestId, 'internal', `${name} failed`)
  }

  function commitGroup(): void {
    const group: Waiting[] = []
    const replies: CommandReply[] = []
    const arrived = waiting
    const endMs = performance.now() + GROUP_MS
    let commitMs = 0
    try {
      hooks.beforeGroup?.(arrived)
      begin.run()
      for (const one of arrived) {
        group.push(one)
        replies.push(perform(one.request))
        if (performance.now() > endMs) break
      }
      alone(hooks.beforeCommit, (thrown) =>
        log.fatal({ err: asError(thrown) }, 'no jobs can be handed out: this is a bug'),
      )
      const startedMs = performance.now()
      commit.run()
      commitMs = performance.now() - startedMs
    } catch (thrown) {
      if (db.inTransaction) rollback.run()
      const error = asError(thrown)
      if (hooks.makeRoom?.(error) && arrived.length > 0) {
        hooks.afterFailure()
        return
      }
      log.error({ err: error, commands: group.length }, 'a commit failed; nothing of it was stored')
      // A command that ended the transaction is to blame alone; the others have another chance without it.
      const blamed = group[replies.length]
      const ended = blamed ? [blamed] : group.length > 0 ? group : arrived
      waiting = arrived.filter((one, at) => at >= group.length || (blamed && one !== blamed))
      if (group.length === 0) waiting = []
      hooks.afterFailure()
      for (const one of ended) answer(one, no(one.request.requestId, 'store-commit-failed', error.message))
      return
    }
    waiting = arrived.slice(group.length)
    try {
      hooks.afterCommit(commitMs)
    } finally {
      replies.forEach((reply, index) => {
        answer(group[index] as Waiting, reply)
      })
    }
  }

  /** What cannot travel between threads must not keep the others from their replies. */
  function answer({ request, reply }: Waiting, message: CommandReply): void {
    try {
      reply(message)
    } catch (thrown) {
      log.error({ err: asError(thrown), command: request.name }, 'an answer could not be sent: this is a bug')
      reply(no(request.requestId, 'internal', `the answer of ${request.name} cannot be sent`))
    }
  }

  function flush(): void {
    do commitGroup()
    while (waiting.length > 0)
  }

  return {
    submit(request, reply) {
      if (closed) return reply(no(request.requestId, 'store-stopped', 'The store has stopped.'))
      waiting.push({ request, reply })
      schedule()
    },
    wake: schedule,
    flush,
    close() {
      flush()
      closed = true
    },
  }
}

const no = (requestId: number, code: string, message: string): CommandReply => ({
  kind: 'reply',
  requestId,
  ok: false,
  code,
  message,
})

/** What a promise wrote later would be outside every savepoint. */
function synchronous(value: unknown): unknown {
  if (!(value instanceof Promise)) return value
  value.catch(() => {})
  throw new TypeError('a command may not be asynchronous')
}
