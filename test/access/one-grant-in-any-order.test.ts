import assert from 'node:assert/strict'
import { it } from 'node:test'
import { endOverdueGrants } from '../../src/access/end-grant.ts'
import { remainingOf } from '../../src/access/grant-table.ts'
import { openGrant } from '../../src/access/open-grant.ts'
import { creditOutage } from '../../src/access/outage-credit.ts'
import { continueGrant, pauseGrant } from '../../src/access/pause.ts'
import { restoreGrant, withdrawGrant } from '../../src/access/withdraw.ts'
import { openRooms } from '../billing/rooms.ts'
import { seeded } from '../radius/mutations.ts'
import { openStay } from './stay.ts'

const MINUTE_MS = 60_000
const HOUR_SECONDS = 3600
const GB = 1_000_000_000
const DEVICES = ['02:00:00:00:00:01', '02:00:00:00:00:02']
const MOST_SECONDS = 1800
const STEPS = 60
const SEEDS = 12

/** What its buyer would count on paper. */
interface Paper {
  seconds: number
  bytes: number
  paused: boolean
  /** Since when the router is away, and how much of that was lost so far; until it is given back. */
  outage: { beganAtMs: number; endedAtMs?: number; lost: number } | undefined
}

it('one access has exactly what is left of it, whatever is paused, bought, lost, used and given back, in whatever order', (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const rooms = openRooms()
    t.after(() => rooms.close())
    const { below, pick } = seeded(seed)
    const stay = openStay(rooms, {
      ...{ source: 'payment', phoneNumber: '254712345678', pausable: true, deviceLimit: DEVICES.length },
      dataLimitBytes: GB,
    })
    const { grantId, routerId } = stay
    const paper: Paper = { seconds: HOUR_SECONDS, bytes: GB, paused: false, outage: undefined }
    const standing = [stay.order.sourceId]
    const withdrawn: string[] = []
    const counted = new Map(DEVICES.map((device) => [device, 0]))
    const isOver = () => paper.seconds === 0 || paper.bytes === 0
    const asked = { grantId, byOperator: false }
    const cause = (sourceId: string) => ({ source: 'payment' as const, sourceId })

    const moves: Record<string, () => void> = {
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
        const [macAddress, bytes] = [pick(DEVICES), below(GB / 10)]
        const inputBytes = (counted.get(macAddress) ?? 0) + bytes
        counted.set(macAddress, inputBytes)
        stay.account({ status: 'interim', macAddress, acctSessionId: macAddress, inputBytes })
        paper.bytes = Math.max(0, paper.bytes - bytes)
      },
      refund() {
        const [sourceId = ''] = standing.splice(below(standing.length), 1)
        rooms.run(withdrawGrant, cause(sourceId))
        withdrawn.push(sourceId)
        Object.assign(paper, { seconds: paper.seconds - HOUR_SECONDS, bytes: paper.bytes - GB })
      },
      dropRefund() {
        const [sourceId = ''] = withdrawn.splice(below(withdrawn.length), 1)
        rooms.run(restoreGrant, cause(sourceId))
        standing.push(sourceId)
        Object.assign(paper, { seconds: paper.seconds + HOUR_SECONDS, bytes: paper.bytes + GB })
      },
      goAway() {
        paper.outage = { beganAtMs: rooms.clock.nowMs(), lost: 0 }
      },
      comeBack() {
        Object.assign(paper.outage ?? {}, { endedAtMs: rooms.clock.nowMs() })
      },
      credit() {
        const { beganAtMs = 0, endedAtMs = 0, lost = 0 } = paper.outage ?? {}
        const outage = { routerId, reason: 'router' as const, beganAtMs, endedAtMs }
        for (const _twice of [1, 2]) rooms.run(creditOutage, { outage, mostSeconds: MOST_SECONDS })
        paper.seconds += Math.min(lost, MOST_SECONDS)
        paper.outage = undefined
      },
    }
    /** What may come now. What is over comes back only by an outage's credit. */
    function possible(): string[] {
      const outage = !paper.outage ? ['goAway'] : paper.outage.endedAtMs ? ['credit', 'credit'] : ['comeBack']
      if (isOver()) return outage
      const mayRefund = standing.length > 1 && paper.seconds > HOUR_SECONDS && paper.bytes > GB
      return [
        ...[...outage, 'buy', 'use', 'use', paper.paused ? 'continue' : 'pause'],
        ...(mayRefund ? ['refund'] : []),
        ...(withdrawn.length > 0 ? ['dropRefund'] : []),
      ]
    }
    function pass(minutes: number): void {
      rooms.clock.step(minutes * MINUTE_MS)
      if (paper.paused || isOver()) return
      const used = Math.min(paper.seconds, minutes * 60)
      paper.seconds -= used
      if (paper.outage && !paper.outage.endedAtMs) paper.outage.lost += used
    }

    const story: string[] = []
    for (let step = 0; step < STEPS && !(isOver() && !paper.outage); step += 1) {
      const minutes = 1 + below(15)
      pass(minutes)
      rooms.run(endOverdueGrants, {})
      const move = pick(possible())
      moves[move]?.()
      story.push(`${minutes} min, ${move}`)
      const left = remainingOf(stay.grant(), rooms.clock.nowMs())
      const onPaper = isOver() ? { seconds: 0, bytes: 0 } : { seconds: paper.seconds, bytes: paper.bytes }
      const found = left.seconds === 0 ? { seconds: 0, bytes: 0 } : left
      assert.deepEqual(found, onPaper, `seed ${seed}: ${story.join(', ')}`)
      assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
    }
  }
})
