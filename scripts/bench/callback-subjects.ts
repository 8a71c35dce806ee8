import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { callbackBody } from '../../src/simulators/mpesa-messages.ts'
import { eventLoopP99Ms } from './event-loop.ts'
import type { Load, LoadRequest } from './load.ts'
import { type PeerKind, startPeer } from './peer.ts'
import { promptPayments, untilQueueIsEmpty } from './prompted-payments.ts'
import { ADMIN_TOKEN, openSite } from './site.ts'
import { openSlowDisk } from './slow-disk.ts'

/** One subject at one speed of the disk, in one round; times in ms. */
export interface Measured {
  subject: 'mlango' | PeerKind
  fsyncDelayMs: number
  burst: number[]
  burstLoopP99: number
  /** Undefined when the subject could not keep up with the rate. */
  steady: number[] | undefined
  steadyLoopP99: number | undefined
}

export interface Measuring {
  load: Load
  /** Where each subject gets a directory of its own. */
  directory: string
  burst: number
  perSecond: number
  steadySeconds: number
  /** Added to every fsync, one after the other; more than [0] needs the built library. */
  fsyncDelaysMs: readonly number[]
}

/** A commit for each request cannot keep up with a higher rate than this share of what the disk gives. */
const KEEPS_UP_SHARE = 0.8

/** With a sync for each request the last caller would wait longer than the half minute after which the door hangs up. */
const LONGEST_BURST_MS = 20_000

export async function measurePeer(subject: PeerKind, measuring: Measuring): Promise<Measured[]> {
  const { load, burst, perSecond, steadySeconds, fsyncDelaysMs } = measuring
  const directory = mkdtempSync(join(measuring.directory, `${subject}-`))
  const disk = subject === 'per-request' && fsyncDelaysMs.length > 1 ? slowDiskIn(directory) : undefined
  const peer = await startPeer(subject, {
    dataDir: directory,
    adminToken: ADMIN_TOKEN,
    environment: disk?.environment ?? {},
  })
  try {
    const measured: Measured[] = []
    await load.steady(peer.port, madeUp(perSecond), perSecond)
    for (const fsyncDelayMs of subject === 'nothing' ? [0] : fsyncDelaysMs) {
      if (burst * fsyncDelayMs > LONGEST_BURST_MS) continue
      disk?.setDelayMs(fsyncDelayMs)
      const keepsUp = perSecond * fsyncDelayMs < KEEPS_UP_SHARE * 1000
      measured.push({
        subject,
        fsyncDelayMs,
        ...(await measure(load, peer.port, {
          steady: keepsUp ? madeUp(perSecond * steadySeconds) : undefined,
          perSecond,
          burst: async () => madeUp(burst),
        })),
      })
    }
    return measured
  } finally {
    await peer.stop()
    rmSync(directory, { recursive: true })
  }
}

export async function measureMlango(measuring: Measuring): Promise<Measured[]> {
  const { load, burst, perSecond, steadySeconds, fsyncDelaysMs } = measuring
  const directory = mkdtempSync(join(measuring.directory, 'mlango-'))
  const prompted = perSecond + fsyncDelaysMs.length * (perSecond * steadySeconds + burst)
  const next = promptPayments(directory, prompted)
  const site = await openSite({ directory, late: true, slowDisk: fsyncDelaysMs.length > 1 })
  try {
    for (let joined = 0; joined < prompted; joined += 1) site.join()
    const measured: Measured[] = []
    await load.steady(site.port, next(perSecond).callbacks, perSecond)
    for (const fsyncDelayMs of fsyncDelaysMs) {
      const [steady, inBurst] = [next(perSecond * steadySeconds), next(burst)]
      await untilQueueIsEmpty(site)
      site.setFsyncDelayMs(fsyncDelayMs)
      const figures = await measure(load, site.port, {
        steady: steady.callbacks,
        perSecond,
        async burst() {
          site.setFsyncDelayMs(0)
          await untilQueueIsEmpty(site)
          site.setFsyncDelayMs(fsyncDelayMs)
          return inBurst.callbacks
        },
      })
      site.setFsyncDelayMs(0)
      await untilQueueIsEmpty(site)
      steady.verify(site.db)
      inBurst.verify(site.db)
      measured.push({ subject: 'mlango', fsyncDelayMs, ...figures })
    }
    return measured
  } finally {
    site.setFsyncDelayMs(0)
    await site.close()
    rmSync(directory, { recursive: true })
  }
}

async function measure(
  load: Load,
  port: number,
  work: { steady: LoadRequest[] | undefined; perSecond: number; burst(): Promise<LoadRequest[]> },
): Promise<Pick<Measured, 'burst' | 'burstLoopP99' | 'steady' | 'steadyLoopP99'>> {
  await eventLoopP99Ms(port, ADMIN_TOKEN)
  const steady = work.steady && (await load.steady(port, work.steady, work.perSecond))
  const steadyLoopP99 = steady && (await eventLoopP99Ms(port, ADMIN_TOKEN))
  const callbacks = await work.burst()
  await eventLoopP99Ms(port, ADMIN_TOKEN)
  const burst = await load.burst(port, callbacks)
  return { steady, steadyLoopP99, burst, burstLoopP99: await eventLoopP99Ms(port, ADMIN_TOKEN) }
}

function slowDiskIn(directory: string) {
  return openSlowDisk({ dataDir: directory, controlFile: `${directory}-delay-ms` })
}

let madeUpSoFar = 0

/** Callbacks that nobody asked for: a peer does not look into them. */
function madeUp(count: number): LoadRequest[] {
  return Array.from({ length: count }, () => {
    madeUpSoFar += 1
    const id = String(madeUpSoFar).padStart(8, '0')
    const body = callbackBody({
      merchantRequestId: randomUUID(),
      checkoutRequestId: `ws_CO_19122019102036000${id}`,
      resultCode: 0,
      paid: { amount: 10, receipt: `NL${id}`, paidAtMs: Date.now(), phoneNumber: '254700000000' },
    })
    return { path: `/api/mpesa/callback/${id.padStart(32, 'x')}`, body }
  })
}
