import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openWriter } from '../../src/store/database.ts'
import { type BenchOptions, readOptions } from './bench-options.ts'
import { describeMachine } from './machine.ts'
import { median } from './percentile.ts'
import { atMost, note, printReport, printTable, rounded, say } from './report.ts'
import { openSite } from './site.ts'

/** About two years of a busy site. */
const FACTS = 200_000

interface Start {
  state: 'new' | 'again' | 'large'
  readyMs: number
  idleMb: number
  stopMs: number
}

const STATES: Record<Start['state'], string> = {
  new: 'first start, empty disk',
  again: 'started again',
  large: `started with ${FACTS} facts in the journal`,
}

const options = readOptions(process.argv.slice(2))
if (options) await run(options)
else process.exitCode = 2

async function run({ quick, json }: BenchOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-bench-'))
  const machine = describeMachine(directory)
  const quietMs = quick ? 3_000 : 20_000
  const rounds = quick ? 1 : 5
  const starts: Start[] = []
  try {
    for (let round = 1; round <= rounds; round += 1) {
      note(`round ${round}`)
      const own = mkdtempSync(join(directory, 'site-'))
      starts.push(await oneStart('new', own, quietMs))
      starts.push(await oneStart('again', own, quietMs))
      fillJournal(join(own, 'data/mlango.db'))
      starts.push(await oneStart('large', own, quietMs))
      rmSync(own, { recursive: true })
    }
  } finally {
    rmSync(directory, { recursive: true })
  }

  const rows = (Object.keys(STATES) as Start['state'][]).map((state) => {
    const own = starts.filter((start) => start.state === state)
    return {
      state,
      ready_ms: rounded(median(own.map(({ readyMs }) => readyMs))),
      idle_rss_mb: rounded(median(own.map(({ idleMb }) => idleMb))),
      stop_ms: rounded(median(own.map(({ stopMs }) => stopMs))),
    }
  })
  say(
    `mlango serve with M-PESA, SMS, broker and one router; memory after ${quietMs / 1000} s of quiet. Medians of ${rounds} round(s).\n`,
  )
  printTable(
    ['', 'spawn to ready ms', 'idle RSS MB', 'SIGTERM to exit ms'],
    rows.map((row) => [STATES[row.state], row.ready_ms, row.idle_rss_mb, row.stop_ms]),
  )
  const worst = (figure: (row: (typeof rows)[number]) => number) => Math.max(...rows.map(figure))
  const goals = [
    atMost(
      'idle-rss-mb',
      worst(({ idle_rss_mb }) => idle_rss_mb),
      120,
    ),
    atMost(
      'boot-to-ready-ms',
      worst(({ ready_ms }) => ready_ms),
      1000,
    ),
  ]
  printReport({ bench: 'footprint', machine, results: rows, goals }, json)
}

async function oneStart(state: Start['state'], directory: string, quietMs: number): Promise<Start> {
  const site = await openSite({ directory, late: false, slowDisk: false })
  const { daemon } = site
  try {
    await sleep(quietMs)
    return { state, readyMs: daemon.readyMs, idleMb: daemon.memoryMb().resident, stopMs: await daemon.stop() }
  } finally {
    await site.close()
  }
}

/** As if the cloud had it all: a backlog would be work, not rest. */
function fillJournal(databaseFile: string): void {
  const db = openWriter(databaseFile)
  const insert = db.prepare(
    `INSERT INTO journal (seq, id, type, at_ms, data) VALUES ((SELECT max(seq) + 1 FROM journal), ?, 'session.started', ?, ?)`,
  )
  db.transaction(() => {
    for (let facts = 0; facts < FACTS; facts += 1) {
      const data = { sessionId: facts, grantId: randomUUID(), routerId: 1, macAddress: '02:00:00:00:00:01' }
      insert.run(randomUUID(), Date.now(), JSON.stringify(data))
    }
    db.exec('INSERT OR REPLACE INTO cloud_cursor (only, seq) SELECT 1, max(seq) FROM journal')
  })()
  db.close()
}
