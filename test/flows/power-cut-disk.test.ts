import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { buildDiskLog, diskLogEnvironment, momentOf } from './power-cut-disk.ts'
import { lostIn } from './power-cut-disk-proof.ts'
import { type Chance, chanceOf, Disk, type Fate, fates, layOut } from './power-cut-disk-replay.ts'
import { heardBefore, lostAfterRestart } from './power-cut-disk-restart.ts'
import { Trade } from './power-cut-disk-trade.ts'
import { openSite, type Purchase, type Site } from './site.ts'

const missing = buildDiskLog()
const isFull = process.env.MLANGO_TEST_FULL !== undefined
const SEED = 20_261_126
/** Lives of the daemon that end in a power cut, and how many more cuts each life's log is good for. */
const lives = isFull ? 20 : 2
const cutsPerLife = isFull ? 9 : 5
/** So many of these are started on, beside the last cut of each life, from which the site goes on. */
const startsPerLife = isFull ? cutsPerLife : 1

const scratch = mkdtempSync(join(tmpdir(), 'mlango-power-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

let diskNumber = 0
const fateOf = (number: number): Fate => fates[number % fates.length] as Fate

/** A site on a disk that is written down. */
async function openWatchedSite(environment: Record<string, string> = {}) {
  diskNumber += 1
  const directory = join(scratch, `disk-${diskNumber}`)
  const logFile = join(scratch, `log-${diskNumber}`)
  mkdirSync(directory)
  const disk = new Disk(directory)
  const site = await openSite({
    environment: {
      MLANGO_STORAGE_DATA_DIR: directory,
      MLANGO_HTTP_TRUSTED_PROXIES: '127.0.0.1',
      ...diskLogEnvironment(directory, logFile),
      ...environment,
    },
  })
  site.mpesa.defaultScenario = 'twice'
  const trade = new Trade(site, () => momentOf(logFile))
  return { site, trade, disk, directory, logFile }
}

type Watched = Awaited<ReturnType<typeof openWatchedSite>>

/** Trades until the daemon has said "yes" a random number of times, and kills it at that moment. */
async function liveUntilCut({ site, trade }: Watched, chance: Chance): Promise<void> {
  const enough = trade.whenAcknowledged(100 + Math.floor(chance() * 200))
  const everybody = trade.run()
  await Promise.race([enough, everybody])
  assert.equal(site.daemon.exited, false, 'the daemon ended by itself')
  await site.kill()
  await everybody
}

/** Cuts at random moments of the life that the log tells: what each leaves of the disk. */
function* cutsWithin({ disk, logFile }: Watched, count: number, chance: Chance, fate?: Fate) {
  const log = readFileSync(logFile)
  const moments = Array.from({ length: count }, () => Math.floor(chance() * log.length)).sort((a, b) => a - b)
  for (const [number, moment] of moments.entries()) {
    disk.advance(log, moment)
    yield { files: disk.cut(fate ?? fateOf(number), chance), moment }
  }
}

/** Looked at on a copy: opening and closing it would mend what the next start has to mend. */
function lostOn(files: ReadonlyMap<string, Buffer>, { directory, trade }: Watched, moment: number): string[] {
  const copy = join(scratch, 'copy')
  layOut(files, directory, copy)
  return lostIn(copy, trade.promisedBy(moment))
}

/** The world has gone on since; so the daemon starts on it in a world of its own. */
function lostAfterStartOn(files: ReadonlyMap<string, Buffer>, { site, directory, trade }: Watched, moment: number) {
  const looked = join(scratch, 'copy')
  const copy = join(scratch, 'started')
  layOut(files, directory, looked)
  layOut(files, directory, copy)
  return lostAfterRestart(site, copy, heardBefore(looked), trade.promisedBy(moment))
}

/**
 * Whoever has paid is online, once, was charged once and got one message at most, whatever happened to the power. Five
 * minutes after a cut a message that may not have gone out goes out once more; so messages count for the `recent` ones only.
 */
async function everybodyHasWhatTheyPaidFor(site: Site, trade: Trade, recent: ReadonlySet<Purchase>): Promise<void> {
  for (const purchase of trade.purchases) {
    const { macAddress, phoneNumber, paymentId } = purchase
    const { count } = site.mpesa.moneyTaken(phoneNumber)
    assert.ok(count <= 1, `${phoneNumber} was charged ${count} times`)
    if (count === 1) {
      await bringLostCallback(site, purchase)
      await site.router.whenOnline(macAddress, 120_000)
    }
    const logins = site.router.logins.filter((login) => login.macAddress === macAddress && login.outcome === 'online')
    assert.equal(logins.length, count, `${paymentId}: paid ${count} times, came online ${logins.length} times`)
    const messages = site.sms.messages.filter(({ to }) => to === `+${phoneNumber}`).length
    assert.ok(messages <= (recent.has(purchase) ? 1 : 2), `${messages} messages for ${paymentId}`)
  }
}

/** Where the answer to the push and the callback both found nobody, there is no id to ask M-PESA by: only the callback helps. */
async function bringLostCallback(site: Site, purchase: Purchase): Promise<void> {
  if ((await site.view(purchase)).status !== 'uncertain') return
  const push = site.mpesa.pushes.find(({ phoneNumber }) => phoneNumber === purchase.phoneNumber)
  if (push) await site.mpesa.resendCallback(push.checkoutRequestId)
}

describe('the power goes while the disk is busy', { skip: missing ?? false, timeout: 3_000_000 }, () => {
  it('nothing that was acknowledged is lost, and nothing happens twice', async () => {
    const chance = chanceOf(SEED)
    const watched = await openWatchedSite()
    const { site, trade, directory, logFile } = watched
    try {
      for (let life = 0; life < lives; life++) {
        const before = trade.purchases.length
        await liveUntilCut(watched, chance)
        let starts = 0
        for (const { files, moment } of cutsWithin(watched, cutsPerLife, chance)) {
          assert.deepEqual(lostOn(files, watched, moment), [])
          // Before that the site has not been set up.
          if (!files.has(join(directory, 'mlango.db')) || ++starts > startsPerLife) continue
          assert.deepEqual(await lostAfterStartOn(files, watched, moment), [])
        }

        // The next life is that of a box whose disk has seen all the cuts before.
        const log = readFileSync(logFile)
        watched.disk.advance(log, log.length)
        const left = watched.disk.cut(fateOf(life + 2), chance)
        assert.deepEqual(lostOn(left, watched, log.length), [])
        layOut(left, directory, directory)
        rmSync(logFile)
        for (const yes of trade.acknowledged) yes.moment = 0
        watched.disk = new Disk(directory)
        await site.start()
        await everybodyHasWhatTheyPaidFor(site, trade, new Set(trade.purchases.slice(before)))
      }
    } finally {
      await site.close()
    }
  })

  it('with synchronous=NORMAL promises are lost: the test sees them', async () => {
    const chance = chanceOf(SEED)
    const preload = new URL('./power-cut-disk-normal.js', import.meta.url).href
    const watched = await openWatchedSite({ NODE_OPTIONS: `--import=${preload}` })
    try {
      await liveUntilCut(watched, chance)
      // SQLite syncs its log at every commit while a long one waits to be written back; so only some moments lose.
      let isLost = false
      for (const { files, moment } of cutsWithin(watched, 100, chance, 'dropped')) {
        isLost = lostOn(files, watched, moment).length > 0
        if (isLost) break
      }
      assert.ok(isLost, 'no promise was lost')
    } finally {
      await watched.site.close()
    }
  })
})
