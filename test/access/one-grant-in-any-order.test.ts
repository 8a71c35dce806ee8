import assert from 'node:assert/strict'
import { it } from 'node:test'
import { endOverdueGrants, revokeGrant } from '../../src/access/end-grant.ts'
import { followClockStep } from '../../src/access/follow-clock.ts'
import { openGrant } from '../../src/access/open-grant.ts'
import { creditOutage } from '../../src/access/outage-credit.ts'
import { keepOutage } from '../../src/access/outages.ts'
import { continueGrant, pauseGrant } from '../../src/access/pause.ts'
import { prunePauses } from '../../src/access/pause-history.ts'
import { leftOf } from '../../src/access/time-left.ts'
import { restoreGrant, withdrawGrant } from '../../src/access/withdraw.ts'
import { addToMinute, noRuns } from '../../src/flow/queue-minute-table.ts'
import { bootStartedMs, judgeClock } from '../../src/flow/time-trust.ts'
import { openRooms } from '../billing/rooms.ts'
import { seeded } from '../radius/mutations.ts'
import { openStay } from './stay.ts'

const MINUTE_MS = 60_000
const YEAR_MS = 365 * 24 * 60 * MINUTE_MS
const HOUR_SECONDS = 3600
const GB = 1_000_000_000
const DEVICES = ['02:00:00:00:00:01', '02:00:00:00:00:02']
const MOST_SECONDS = 1800
const STEPS = 80
const SEEDS = 30
/** The staff revokes it no sooner: after that nothing may bring it back. */
const REVOKED_FROM = 60

/** What its buyer would count on paper: what stands less what was used, in seconds less than nothing, too. */
interface Paper {
  seconds: number
  bytes: number
  paused: boolean
  isOver: boolean
  isRevoked: boolean
  /** As the router tells of it, and how much of that was lost so far; until it is given back. */
  outage: { beganAtMs: number; aheadMs: number; endedAtMs?: number; lost: number } | undefined
  /** By how much the clock is ahead, which nobody believes then. */
  aheadMs: number | undefined
}

it('one access has exactly what is left of it, whatever is paused, bought, lost, used and given back, by whatever clock, in whatever order', (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const rooms = openRooms()
    t.after(() => rooms.close())
    const { below, pick } = seeded(seed)
    const stay = openStay(rooms, {
      ...{ source: 'payment', phoneNumber: '254712345678', pausable: true, deviceLimit: DEVICES.length },
      dataLimitBytes: GB,
    })
    const { grantId, routerId } = stay
    const paper: Paper = {
      ...{ seconds: HOUR_SECONDS, bytes: GB, paused: false, isOver: false, isRevoked: false },
      ...{ outage: undefined, aheadMs: undefined },
    }
    const standing = [stay.order.sourceId]
    const withdrawn: string[] = []
    const counted = new Map(DEVICES.map((device) => [device, 0]))
    const asked = { grantId, byOperator: false }
    const cause = (sourceId: string) => ({ source: 'payment' as const, sourceId })
    const settle = () => {
      paper.isOver = paper.isRevoked || paper.seconds <= 0 || paper.bytes <= 0 || standing.length === 0
    }
    /** By the clock of when it ended, which may have been set since. */
    const told = () => {
      const { beganAtMs = 0, endedAtMs = 0 } = paper.outage ?? {}
      return { routerId, reason: 'router' as const, beganAtMs, endedAtMs }
    }
    const judge = (trusted: boolean) => rooms.run(judgeClock, { trusted, reason: 'test' })

    const moves = {
      pause() {
        rooms.run(pauseGrant, asked)
        paper.paused = true
      },
      continue() {
        rooms.run(continueGrant, asked)
        paper.paused = false
      },
      buy() {
        const sourceId = crypto.randomUUID()
        rooms.run(openGrant, { ...stay.order, sourceId, grantId: crypto.randomUUID() })
        standing.push(sourceId)
        Object.assign(paper, { seconds: paper.seconds + HOUR_SECONDS, bytes: paper.bytes + GB, paused: false })
      },
      use() {
        const isAll = below(20) === 0
        const [macAddress, bytes] = [pick(DEVICES), isAll ? paper.bytes : below(Math.min(GB / 10, paper.bytes))]
        const inputBytes = (counted.get(macAddress) ?? 0) + bytes
        counted.set(macAddress, inputBytes)
        stay.account({ status: 'interim', macAddress, acctSessionId: macAddress, inputBytes })
        paper.bytes -= bytes
        settle()
      },
      refund() {
        const [sourceId = ''] = standing.splice(below(standing.length), 1)
        rooms.run(withdrawGrant, cause(sourceId))
        withdrawn.push(sourceId)
        Object.assign(paper, { seconds: paper.seconds - HOUR_SECONDS, bytes: paper.bytes - GB })
        settle()
      },
      dropRefund() {
        const [sourceId = ''] = withdrawn.splice(below(withdrawn.length), 1)
        rooms.run(restoreGrant, cause(sourceId))
        standing.push(sourceId)
        Object.assign(paper, { seconds: paper.seconds + HOUR_SECONDS, bytes: paper.bytes + GB })
        settle()
      },
      revoke() {
        rooms.run(revokeGrant, { grantId })
        paper.isRevoked = true
        settle()
      },
      goAway() {
        paper.outage = { beganAtMs: rooms.clock.nowMs(), aheadMs: paper.aheadMs ?? 0, lost: 0 }
      },
      comeBack() {
        Object.assign(paper.outage ?? {}, { endedAtMs: rooms.clock.nowMs() })
        rooms.run(keepOutage, told())
      },
      credit() {
        for (const _twice of [1, 2]) rooms.run(creditOutage, { outage: told(), mostSeconds: MOST_SECONDS })
        paper.seconds += Math.min(paper.outage?.lost ?? 0, MOST_SECONDS)
        settle()
        paper.outage = undefined
      },
      /** The daemon starts again, by a clock that is further ahead or not. */
      restart() {
        addToMinute(rooms.db, rooms.clock.nowMs(), 'metrics', noRuns())
        const aheadMs = pick([0, 20 * MINUTE_MS, YEAR_MS])
        rooms.clock.step(aheadMs)
        rooms.restart()
        judge(false)
        paper.aheadMs = (paper.aheadMs ?? 0) + aheadMs
      },
      setClock() {
        const byMs = -(paper.aheadMs ?? 0)
        // What is not told yet follows the clock of the start in which it began.
        if (paper.outage && !paper.outage.endedAtMs) {
          paper.outage.beganAtMs -= paper.outage.aheadMs
          paper.outage.aheadMs = 0
        }
        rooms.run(followClockStep, { byMs })
        rooms.clock.step(byMs)
        judge(true)
        paper.aheadMs = undefined
      },
      forget() {
        rooms.run(prunePauses, { limit: 1_000 })
      },
    }
    type Move = keyof typeof moves
    /** What may come now. What is over comes back by an outage's credit, or when a refund is dropped. */
    function possible(step: number): Move[] {
      const outage: Move[] = !paper.outage ? ['goAway'] : paper.outage.endedAtMs ? ['credit', 'credit'] : ['comeBack']
      const clock: Move[] = paper.aheadMs === undefined ? ['restart'] : ['restart', 'setClock']
      const any: Move[] = [...outage, ...clock, 'forget', ...(withdrawn.length > 0 ? (['dropRefund'] as const) : [])]
      const mayRefund = standing.length === 1 || (standing.length > 1 && paper.bytes > GB)
      if (mayRefund) any.push('refund')
      if (step >= REVOKED_FROM) any.push('revoke')
      if (paper.isOver) return any
      // What an earlier start sold is not bought again while the clock is not believed.
      const mayBuy = paper.aheadMs === undefined || stay.grant().startsAtMs >= bootStartedMs(rooms.db)
      return [
        ...any,
        ...(['use', 'use', paper.paused ? 'continue' : 'pause'] as const),
        ...(mayBuy ? (['buy'] as const) : []),
      ]
    }
    function pass(minutes: number): void {
      rooms.clock.step(minutes * MINUTE_MS)
      if (paper.paused || paper.isOver) return
      const used = Math.min(paper.seconds, minutes * 60)
      paper.seconds -= used
      if (paper.outage && !paper.outage.endedAtMs) paper.outage.lost += used
      settle()
    }

    const story: string[] = []
    for (let step = 0; step < STEPS; step += 1) {
      const minutes = 1 + below(15)
      pass(minutes)
      rooms.run(endOverdueGrants, {})
      const move = pick(possible(step))
      moves[move]()
      story.push(`${minutes} min, ${move}`)
      const left = leftOf(rooms.db, stay.grant(), rooms.clock.nowMs())
      const onPaper = paper.isOver ? { seconds: 0, bytes: 0 } : { seconds: paper.seconds, bytes: paper.bytes }
      const found = left.seconds === 0 ? { seconds: 0, bytes: 0 } : left
      assert.deepEqual(found, onPaper, `seed ${seed}: ${story.join(', ')}`)
      assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
    }
  }
})
