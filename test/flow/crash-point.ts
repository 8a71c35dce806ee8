import { FINISH_DONE, FINISH_RUN } from '../../src/flow/engine.ts'
import type { Db } from '../../src/store/database.ts'
import type { WriterHooks } from '../../src/store/writer.ts'

/**
 * When the power goes: `insert`: a command has written, its commit has not begun; `commit`: it is on disk, nobody has heard
 * of it; `ack`: the end of a run is on disk, nobody has heard of it.
 */
export type CrashPoint = 'insert' | 'commit' | 'ack'

/** The engine's hooks, and what cuts the power when the armed point is reached. */
export function withCrashPoints(
  engine: WriterHooks,
  parts: { db: Db; armed(): CrashPoint | undefined; cut(): void },
): WriterHooks {
  const { db, armed, cut } = parts
  let group = new Set<'commands' | 'ends'>()
  return {
    ...engine,
    perform(request) {
      const value = engine.perform(request)
      group.add([FINISH_RUN, FINISH_DONE].includes(request.name) ? 'ends' : 'commands')
      return value
    },
    beforeCommit() {
      engine.beforeCommit()
      if (armed() !== 'insert' || !group.has('commands')) return
      cut()
      db.exec('ROLLBACK')
      throw new Error('the power went')
    },
    afterCommit(ms) {
      const held = group
      group = new Set()
      const reached = armed() === 'commit' ? held.has('commands') : armed() === 'ack' && held.has('ends')
      if (reached) cut()
      else engine.afterCommit(ms)
    },
  }
}
