import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BenchOptions, readOptions } from './bench-options.ts'
import { requestsWithin } from './closed-loop.ts'
import { cpuMsOf } from './daemon.ts'
import { firstPaint } from './first-paint.ts'
import { describeMachine } from './machine.ts'
import { type PageWeight, weigh } from './page-weight.ts'
import { median } from './percentile.ts'
import { atLeast, atMost, note, printReport, printTable, rounded, say } from './report.ts'
import { type BenchSite, openSite } from './site.ts'
import { countTaps } from './taps.ts'
import { openWaitingPhones } from './waiting-phones.ts'

const PHONES = 1000
/** Streams per purchase: what a phone costs does not depend on whose it is. */
const PER_PURCHASE = 10

const options = readOptions(process.argv.slice(2))
if (options) await run(options)
else process.exitCode = 2

async function run({ quick, json }: BenchOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-bench-'))
  const machine = describeMachine(directory)
  const site = await openSite({ directory, late: true, slowDisk: false, ownAddresses: true })
  try {
    const weights = await weighPages(site)
    const taps = await countTaps(site)
    const paint = await paintHome(site, quick ? 2 : 7)
    const served = await serveHome(site, quick ? 2 : 6, quick ? 1_000 : 3_000)
    const waiting = await waitAtOnce(site, quick ? 5_000 : 30_000)
    const ours = median(served.map(({ home }) => home))
    const floor = median(served.map(({ hello }) => hello))
    const strangers = median(served.map((round) => round.strangers))
    const ratio = median(served.map(({ home, hello }) => hello / home))

    say('What a page weighs, compressed and with its headers:\n')
    printTable(
      ['page', 'bytes'],
      weights.map(({ view, bytes }) => [view, bytes]),
    )
    say(`\nOne of the lightest portals that others use: 243,000 bytes in 22 requests for the same page.
First contentful paint at 50 kbit/s, 400 ms and a sixth of the processor: ${paint ? `${rounded(paint.ms)} ms, ${paint.requests} request(s)` : 'not measured, Chromium is not installed'}
Taps from capture to PIN: ${taps ? `${taps.newPhone} on a new phone, whose number is typed; ${taps.knownPhone} on one that has paid here before` : 'not counted, Chromium is not installed'}
Home page: ${rounded(1000 / ours)} requests/s on one core; a bare "Hello" of the same framework: ${rounded(1000 / floor)}; ratio ${rounded(ratio)}
Home page, each time for another phone: ${rounded(strangers)} ms of a core
${PHONES} phones waiting: ${rounded(waiting.addedMb)} MB more, ${rounded(waiting.busyPercent)} % of a core while nothing happens`)
    const heaviest = Math.max(...weights.map(({ bytes }) => bytes))
    const goals = [
      atMost('heaviest-page-bytes', heaviest, 6144),
      ...(paint
        ? [atMost('first-contentful-paint-ms', paint.ms, 1500), atMost('home-requests', paint.requests, 1)]
        : []),
      atLeast('home-page-vs-bare-hono', ratio, 0.5),
    ]
    printReport(
      {
        bench: 'portal',
        machine,
        results: [{ weights, taps, paint, ours, floor, strangers, ratio, ...waiting }],
        goals,
      },
      json,
    )
  } finally {
    await site.close()
    rmSync(directory, { recursive: true })
  }
}

async function weighPages(site: BenchSite): Promise<PageWeight[]> {
  const phone = site.join()
  const pushed = site.mpesa.whenPushed(site.mpesa.pushes.length + 1)
  const bought = await site.buy(phone)
  const device = `mac=${phone.macAddress}&router=1`
  const waitingPath = `/w/${bought.payment_id}/${bought.token}`
  const pages: [string, string][] = [
    ['home', `/?${device}`],
    ['home, in Swahili', `/?${device}&l=sw`],
    ['code', `/code?${device}`],
    ['TV', `/tv?${device}&show=1`],
    ['help', `/help?${device}`],
    ['buy again', `/buy?${device}`],
    ['waiting', waitingPath],
  ]
  const weights = []
  for (const [view, path] of pages) weights.push(await weigh(site.port, view, path))
  await pushed
  await site.mpesa.releaseLate()
  await site.router.whenOnline(phone.macAddress)
  await sleep(500)
  weights.push(await weigh(site.port, 'online', `${waitingPath}?n=1`))
  const failed = weights.find(({ status }) => status !== 200)
  if (failed) throw new Error(`the page "${failed.view}" answered ${failed.status}`)
  return weights
}

/** The best of the rounds: what else the machine does only adds to it. */
async function paintHome(site: BenchSite, rounds: number) {
  const paints = []
  for (let round = 1; round <= rounds; round += 1) {
    const paint = await firstPaint(`http://127.0.0.1:${site.port}/?mac=${site.join().macAddress}&router=1`)
    if (paint) paints.push(paint)
  }
  if (paints.length === 0) return undefined
  const ms = Math.min(...paints.map(({ firstContentfulPaintMs }) => firstContentfulPaintMs))
  return { ms, requests: Math.max(...paints.map(({ requests }) => requests)) }
}

/**
 * Processor time per request, ours and the floor's, interleaved: rates would measure what else this machine does. A phone
 * asks several times; `strangers` is each time another one, so that nothing can be kept.
 */
async function serveHome(site: BenchSite, rounds: number, forMs: number) {
  const peer = fork(new URL('./hello-peer.js', import.meta.url))
  const [{ port }] = (await once(peer, 'message')) as [{ port: number }]
  const served = []
  const costMs = async (cpuMs: () => number, at: number, pathOf: (request: number) => string) => {
    const before = cpuMs()
    const answered = await requestsWithin(at, pathOf, forMs)
    return (cpuMs() - before) / answered
  }
  let phones = 0
  const stranger = () => {
    phones += 1
    return `/?router=1&mac=${(0x021000000000 + phones).toString(16).padStart(12, '0')}`
  }
  try {
    const page = `/?mac=${site.join().macAddress}&router=1`
    await requestsWithin(site.port, () => page, 500)
    await requestsWithin(port, () => '/', 500)
    for (let round = 1; round <= rounds; round += 1) {
      note(`round ${round}`)
      served.push({
        home: await costMs(site.daemon.cpuMs, site.port, () => page),
        hello: await costMs(
          () => cpuMsOf(peer.pid ?? 0),
          port,
          () => '/',
        ),
        strangers: await costMs(site.daemon.cpuMs, site.port, stranger),
      })
    }
  } finally {
    peer.send('stop')
  }
  return served
}

async function waitAtOnce(site: BenchSite, quietMs: number) {
  const purchases = []
  for (let bought = 0; bought < PHONES / PER_PURCHASE; bought += 1) purchases.push(await site.buy(site.join()))
  await sleep(3_000)
  const before = { mb: site.daemon.memoryMb().resident, cpuMs: site.daemon.cpuMs(), atMs: performance.now() }
  const paths = purchases.flatMap(({ events_url }) => Array.from({ length: PER_PURCHASE }, () => String(events_url)))
  const phones = await openWaitingPhones(site.port, paths)
  const opened = { cpuMs: site.daemon.cpuMs(), atMs: performance.now() }
  await sleep(quietMs)
  const busyPercent = ((site.daemon.cpuMs() - opened.cpuMs) * 100) / (performance.now() - opened.atMs)
  const addedMb = site.daemon.memoryMb().resident - before.mb
  const { heard } = phones
  phones.close()
  return { phones: heard, addedMb: rounded(addedMb), openingMs: rounded(opened.atMs - before.atMs), busyPercent }
}
