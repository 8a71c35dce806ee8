import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { catalogue } from '../jobs/catalogue.ts'
import { followClockStep, followEarlierStarts } from './access/follow-clock.ts'
import { tidyAfterStart } from './after-start.ts'
import { recoverInterrupted } from './billing/push-attempt.ts'
import { monotonicMs, neverBefore, systemClock } from './clock.ts'
import { isNetworkTime, readClockSource, verdictOn } from './clock-source.ts'
import { commands } from './commands.ts'
import { asError, MlangoError } from './errors.ts'
import { openBacklogBound } from './flow/backlog-bound.ts'
import { timesHeard } from './flow/clock-evidence.ts'
import { openEngine } from './flow/engine.ts'
import { rescueJobs } from './flow/queue-commands.ts'
import { recordRestore } from './flow/restored-store.ts'
import { judgeClock, lastKnownMs, settleEarlierStarts } from './flow/time-trust.ts'
import { openLog } from './log.ts'
import { openCommitTimes } from './metrics/commit-times.ts'
import { reactions } from './reactions.ts'
import { openSteadyClock } from './steady-clock.ts'
import type { StoreAlarm } from './store/alarm.ts'
import type { NamedCommand } from './store/client.ts'
import { assertDurable } from './store/database.ts'
import { openDiskReserve } from './store/disk-reserve.ts'
import { openHousekeeping } from './store/housekeeping.ts'
import type { CommandReply, CommandRequests } from './store/protocol.ts'
import { restoreAlarm } from './store/restore-alarm.ts'
import { servePort } from './store/serve-port.ts'
import { countCommit } from './store/shared-reads.ts'
import { ensureSite, raiseBoot } from './store/site.ts'
import { beSoleDaemon } from './store/sole-daemon.ts'
import { openSoundStore } from './store/sound-store.ts'
import { isDamage, isLookedAtFirst, lookAtWhole, markDamaged } from './store/soundness.ts'
import { upgrade } from './store/upgrade.ts'
import { openWriterLoop, type Writer, type WriterHooks } from './store/writer.ts'
import type { FromStore, StoreThreadStart, StoreToWork, ToStore } from './thread-messages.ts'

/** How soon a clock that was set is noticed; until then the writer goes on by its own time. */
const CLOCK_LOOK_MS = 1_000

/** The store thread: the only one that writes. It puts the rooms' commands, the reactions and the queue together. */
const start = workerData as StoreThreadStart
const main = parentPort as MessagePort
const log = openLog(start.logLevel, { thread: 'store' })
const tellMain = (message: FromStore) => main.postMessage(message)

try {
  run()
} catch (thrown) {
  const error = failureOf(asError(thrown))
  // A large file may be damaged where only a start reads it, perhaps in a command: the next one looks at all of it.
  if (isDamage(asError(thrown)) || error.code === 'internal') markDamaged(start.databaseFile)
  tellMain({ kind: 'failed', code: error.code, message: error.message })
}

function failureOf(error: Error): MlangoError {
  if (error instanceof MlangoError) return error
  return new MlangoError('store-failed', `The database ${start.databaseFile} cannot be used: ${error.message}`)
}

const failingAlarm = (why: string): StoreAlarm => ({
  code: 'store-failing',
  message: `The database cannot be written (${why}): the disk may be failing.`,
  storing: false,
})

function run(): void {
  const { databaseFile, backupDirectory } = start
  let isOpen = false
  const yieldPlace = beSoleDaemon(databaseFile)
  const reserve = openDiskReserve({ databaseFile, clock: systemClock, log, changed: () => isOpen && tellAlarms() })
  const isLookedAt = isLookedAtFirst(databaseFile)
  const db = openSoundStore({ databaseFile, backupDirectory, nowMs: systemClock.nowMs(), log })
  const forgetWayBack = upgrade(db, databaseFile, log)
  const knownMs = lastKnownMs(db)
  let source = readClockSource()
  // Every moment that is written down is of one start, and moves with that one.
  neverBefore(knownMs + 1, isNetworkTime)
  const clock = openSteadyClock(systemClock, monotonicMs)
  const nowMs = clock.nowMs()
  const site = ensureSite(db, start.configuredSiteId, nowMs)
  const boot = raiseBoot(db, nowMs, settleEarlierStarts(db, knownMs))
  assertDurable(db)

  let work: MessagePort | undefined
  let stopLooking = () => {}
  const backlog = openBacklogBound({ db, clock: systemClock, log, changed: tellAlarms })
  const engine = openEngine({
    db,
    site,
    boot,
    clock,
    log,
    commands,
    catalogue,
    reactions,
    leavesOut: (type) => backlog.leavesOut(type),
    handOut: (jobs) => work?.postMessage({ kind: 'jobs', jobs } satisfies StoreToWork),
    deliver({ entries, live, stopping }) {
      if (stopping.length > 0) work?.postMessage({ kind: 'cancel', runs: stopping } satisfies StoreToWork)
      if (entries.length + live.length > 0) tellMain({ kind: 'facts', news: [...entries, ...live] })
    },
    wake: () => writer.wake(),
  })
  const housekeeping = openHousekeeping({ db, databaseFile, clock: systemClock, log })
  let failing: StoreAlarm | undefined
  const noteFailing = (why: string | undefined) => {
    const isNew = (why === undefined) !== (failing === undefined)
    failing = why === undefined ? undefined : failingAlarm(why)
    if (isNew) tellAlarms()
  }
  const commitTimes = openCommitTimes(start.gauges, systemClock)
  const countChanges = db.prepare('SELECT total_changes()').pluck()
  let changes = countChanges.get()
  /** A commit of nothing does not reach the disk. */
  const hasWritten = () => {
    const before = changes
    changes = countChanges.get()
    return changes !== before
  }
  const hooks: WriterHooks = {
    ...engine,
    afterFailure() {
      // What did not stand was counted, too.
      hasWritten()
      engine.afterFailure()
    },
    makeRoom(error) {
      const hasRoom = reserve.makeRoom(error)
      if (!hasRoom && !reserve.alarm) noteFailing(error.message)
      return hasRoom
    },
    afterCommit(ms) {
      countCommit(start.commits)
      const written = hasWritten()
      // Before a job is handed out: what then goes outside is not to be taken back.
      if (written && isOpen) forgetWayBack()
      engine.afterCommit(ms)
      housekeeping.committed()
      if (!written) return
      commitTimes.note(ms)
      noteFailing(undefined)
    },
  }
  const writer: Writer = openWriterLoop(db, hooks, log)

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
  /** Others are heard only by the clock that goes on; what they said before this start is nobody's word any more. */
  const verdictNow = () => verdictOn(source, Date.now(), knownMs, timesHeard(db, clock.nowMs()))
  let judged = verdictNow()
  // Before the trust in it: the starts before are then taken to have been right.
  if (nowMs < knownMs) followEarlier()
  settle(judgeClock, judged)
  settle(recoverInterrupted, {})
  settle(recordRestore, {})
  const rescued = Number(settle(rescueJobs, { reason: 'the daemon was stopped' }))

  function followEarlier(): void {
    try {
      settle(followEarlierStarts, {})
    } catch (thrown) {
      log.error({ err: asError(thrown) }, 'what an earlier clock sold could not be moved; it keeps its times')
    }
  }
  function watchClock(): void {
    try {
      followClock()
    } catch (thrown) {
      log.error({ err: asError(thrown) }, 'a step of the clock could not be stored; it is tried again')
    }
    stopWatching = systemClock.after(CLOCK_LOOK_MS, watchClock)
  }
  function followClock(): void {
    // Asked first: the step of a clock that the network has just set comes before the trust in it.
    source = readClockSource()
    const byMs = clock.pendingStepMs()
    if (byMs !== 0) {
      // What others wrote until now is older than the step.
      writer.flush()
      settle(followClockStep, { byMs })
      clock.adopt()
    }
    const verdict = verdictNow()
    if (verdict.trusted !== judged.trusted || byMs !== 0) settle(judgeClock, verdict)
    judged = verdict
  }
  let stopWatching = systemClock.after(CLOCK_LOOK_MS, watchClock)

  const mainPort = servePort(main, writer, log)
  main.on('message', (message: ToStore | CommandRequests) => {
    switch (message.kind) {
      case 'commands':
        mainPort.receive(message)
        return
      case 'connect':
        work = message.port
        message.port.on('message', servePort(message.port, writer, log).receive)
        return
      case 'slots':
        engine.setSlots(message.slots)
        return
      case 'backlog':
        backlog.set(message.maxBytes)
        return
      case 'stop':
        stopWatching()
        stopLooking()
        backlog.stop()
        engine.stop()
        writer.close()
        mainPort.flush()
        housekeeping.stop()
        reserve.stop()
        commitTimes.stop()
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
    const alarms = [reserve.alarm, failing, backlog.alarm, restoreAlarm(db, systemClock.nowMs())]
    tellMain({ kind: 'alarms', alarms: alarms.filter((alarm) => alarm !== undefined) })
  }

  isOpen = true
  tellAlarms()
  tidyAfterStart()
  tellMain({ kind: 'ready', boot, site, rescued, knownMs })
  if (isLookedAt) return
  stopLooking = lookAtWhole(databaseFile, log, (damage) => {
    throw new MlangoError(
      'store-corrupt',
      `The database ${databaseFile} is damaged (${damage}): a start restores a backup`,
    )
  })
}
