import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { catalogue } from '../jobs/catalogue.ts'
import { recoverInterrupted } from './billing/push-attempt.ts'
import { systemClock } from './clock.ts'
import { commands } from './commands.ts'
import { asError, MlangoError } from './errors.ts'
import { openEngine } from './flow/engine.ts'
import { rescueJobs } from './flow/queue-commands.ts'
import { recordRestore } from './flow/restored-store.ts'
import { openLog } from './log.ts'
import { reactions } from './reactions.ts'
import type { NamedCommand } from './store/client.ts'
import { assertDurable } from './store/database.ts'
import { openDiskReserve } from './store/disk-reserve.ts'
import { openHousekeeping } from './store/housekeeping.ts'
import { migrate } from './store/migrate.ts'
import type { CommandReply, CommandRequest } from './store/protocol.ts'
import { restoreAlarm } from './store/restore-alarm.ts'
import { ensureSite, raiseBoot } from './store/site.ts'
import { beSoleDaemon } from './store/sole-daemon.ts'
import { openSoundStore } from './store/sound-store.ts'
import { openWriterLoop, type Writer, type WriterHooks } from './store/writer.ts'
import type { FromStore, StoreThreadStart, StoreToWork, ToStore } from './thread-messages.ts'

/** The store thread: the only one that writes. It puts the rooms' commands, the reactions and the queue together. */
const start = workerData as StoreThreadStart
const main = parentPort as MessagePort
const log = openLog(start.logLevel, { thread: 'store' })
const tellMain = (message: FromStore) => main.postMessage(message)

try {
  run()
} catch (thrown) {
  const error = failureOf(asError(thrown))
  tellMain({ kind: 'failed', code: error.code, message: error.message })
}

function failureOf(error: Error): MlangoError {
  if (error instanceof MlangoError) return error
  return new MlangoError('store-failed', `The database ${start.databaseFile} cannot be used: ${error.message}`)
}

function run(): void {
  const { databaseFile, backupDirectory } = start
  const nowMs = systemClock.nowMs()
  let isOpen = false
  const yieldPlace = beSoleDaemon(databaseFile)
  const reserve = openDiskReserve({ databaseFile, clock: systemClock, log, changed: () => isOpen && tellAlarms() })
  const db = openSoundStore({ databaseFile, backupDirectory, nowMs, log })
  migrate(db)
  const site = ensureSite(db, start.configuredSiteId, nowMs)
  const boot = raiseBoot(db, nowMs)
  assertDurable(db)

  let work: MessagePort | undefined
  const engine = openEngine({
    db,
    site,
    boot,
    clock: systemClock,
    log,
    commands,
    catalogue,
    reactions,
    deliver({ entries, live, claimed, stopping }) {
      if (entries.length + live.length > 0) tellMain({ kind: 'facts', news: [...entries, ...live] })
      if (claimed.length > 0) work?.postMessage({ kind: 'jobs', jobs: claimed } satisfies StoreToWork)
      if (stopping.length > 0) work?.postMessage({ kind: 'cancel', runs: stopping } satisfies StoreToWork)
    },
    wake: () => writer.wake(),
  })
  const housekeeping = openHousekeeping({ db, databaseFile, clock: systemClock, log })
  const hooks: WriterHooks = {
    ...engine,
    makeRoom: (error) => reserve.makeRoom(error),
    afterCommit() {
      engine.afterCommit()
      housekeeping.committed()
    },
  }
  const writer: Writer = openWriterLoop(db, hooks, log)

  const serve = (port: MessagePort) => (message: CommandRequest) =>
    writer.submit(message, (reply) => port.postMessage(reply))

  // What the last run left half done is settled before anybody is let in.
  const settle = <Input>(command: NamedCommand<Input, unknown>, input: Input): unknown => {
    let answer: CommandReply | undefined
    writer.submit({ kind: 'command', requestId: 0, name: command.name, input }, (reply) => {
      answer = reply
    })
    writer.flush()
    if (!answer?.ok) throw new MlangoError(answer?.code ?? 'internal', answer?.message ?? 'no answer')
    return answer.value
  }
  settle(recoverInterrupted, {})
  settle(recordRestore, {})
  const rescued = Number(settle(rescueJobs, { reason: 'the daemon was stopped' }))

  const fromMain = serve(main)
  main.on('message', (message: ToStore | CommandRequest) => {
    switch (message.kind) {
      case 'command':
        fromMain(message)
        return
      case 'connect':
        work = message.port
        work.on('message', serve(work))
        return
      case 'slots':
        engine.setSlots(message.slots)
        return
      case 'stop':
        engine.stop()
        writer.flush()
        housekeeping.stop()
        reserve.stop()
        checkpoint()
        db.close()
        yieldPlace()
        tellMain({ kind: 'stopped' })
        main.close()
        work?.close()
    }
  })

  /** On a full disk it fails; the log then stays beside the file, and the next start reads both. */
  function checkpoint(): void {
    try {
      db.pragma('wal_checkpoint(TRUNCATE)')
    } catch (thrown) {
      log.warn({ err: asError(thrown) }, 'the database was closed without a checkpoint')
    }
  }

  function tellAlarms(): void {
    tellMain({
      kind: 'alarms',
      alarms: [reserve.alarm, restoreAlarm(db, systemClock.nowMs())].filter((one) => one !== undefined),
    })
  }

  isOpen = true
  tellAlarms()
  tellMain({ kind: 'ready', boot, site, rescued })
}
