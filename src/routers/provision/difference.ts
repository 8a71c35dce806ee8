import { order } from '../router-words.ts'
import { parseDurationSeconds } from '../routeros-duration.ts'
import type { Row } from '../routeros-patches.ts'
import type { DesiredPage, DesiredRouter } from './desired-router.ts'
import { type DesiredRow, type Step, steps } from './desired-row.ts'
import { type FoundRows, rowsIn } from './found-rows.ts'

/** One thing to do, and how to take it back. `text` is for people and holds no secret. */
export interface Change {
  step: Step
  kind: 'add' | 'set' | 'move' | 'remove' | 'fetch'
  menu: string
  text: string
  words: string[]
  /** Undefined: there is nothing to take back, or it is the new row that has to go. */
  undo: string[] | undefined
  /** Which row the new one is, once it is there. */
  isIt?: (row: Row) => boolean
}

/** Everything that has to change for the router to be as desired, in the order to do it; nothing when it is. */
export function difference(found: FoundRows, desired: DesiredRouter, { secrets }: { secrets: boolean }): Change[] {
  const changes = [
    ...desired.rows.flatMap((row) =>
      changesOf(row, rowsIn(found, row.menu), firstBehind(found, desired, row), secrets),
    ),
    ...desired.pages.flatMap((page) => fetchOf(page, rowsIn(found, '/file'))),
  ]
  return changes.sort((a, b) => steps.indexOf(a.step) - steps.indexOf(b.step))
}

function changesOf(desired: DesiredRow, rows: Row[], behind: Row | undefined, secrets: boolean): Change[] {
  const { step, menu, wanted, secret = {} } = desired
  const row = rows.find(desired.isIt)
  if (desired.unwanted) return row ? [removalOf(desired, row)] : []
  if (!row) {
    if (desired.adopted || desired.single) return []
    const place = behind?.['.id'] === undefined ? {} : { 'place-before': behind['.id'] }
    return [
      {
        ...{ step, menu, kind: 'add' },
        text: `add to ${menu}: ${said(wanted)}`,
        words: order(`${menu}/add`, { ...wanted, ...secret, ...place }),
        undo: undefined,
        isIt: desired.isIt,
      },
    ]
  }
  const wrong = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => !isSame(value, row[key])))
  const written = secrets ? { ...wrong, ...secret } : wrong
  const id = desired.single ? {} : { '.id': row['.id'] }
  const changes: Change[] = []
  if (Object.keys(written).length > 0) {
    changes.push({
      ...{ step, menu, kind: 'set' },
      text: `set ${menu} ${row.name ?? row.comment ?? ''}: ${said(wrong) || 'its secret'}`,
      words: setTo(`${menu}/set`, id, written),
      undo: setTo(`${menu}/set`, id, Object.fromEntries(Object.keys(wrong).map((key) => [key, row[key] ?? '']))),
    })
  }
  return desired.first ? [...changes, ...moveOf(desired, row, behind, rows)] : changes
}

function moveOf({ step, menu }: DesiredRow, row: Row, before: Row | undefined, rows: Row[]): Change[] {
  const isInFront = before === undefined || rows.indexOf(row) < rows.indexOf(before)
  if (isInFront || before['.id'] === undefined || row['.id'] === undefined) return []
  const next = rows[rows.indexOf(row) + 1]?.['.id']
  return [
    {
      ...{ step, menu, kind: 'move' },
      text: `move ${row.comment} in ${menu} to the front`,
      words: order(`${menu}/move`, { numbers: row['.id'], destination: before['.id'] }),
      undo: order(`${menu}/move`, { numbers: row['.id'], destination: next }),
    },
  ]
}

/** What a row that has to be in front must not stand behind: the first of its chain that neither has to nor is the router's own. */
function firstBehind(found: FoundRows, { rows }: DesiredRouter, { menu, first, wanted }: DesiredRow): Row | undefined {
  if (!first) return undefined
  const inFront = rows.filter((row) => row.first && row.menu === menu)
  return rowsIn(found, menu).find(
    (row) => row.chain === wanted.chain && row.dynamic !== 'true' && !inFront.some(({ isIt }) => isIt(row)),
  )
}

function removalOf({ step, menu }: DesiredRow, { '.id': id, ...row }: Row): Change {
  return {
    ...{ step, menu, kind: 'remove' },
    text: `remove from ${menu}: ${said(row)}`,
    words: order(`${menu}/remove`, { '.id': id }),
    undo: order(`${menu}/add`, row),
  }
}

/** What is empty is set to nothing. */
const setTo = (path: string, id: Row | Record<string, string | undefined>, values: Row): string[] => [
  ...order(path, id),
  ...Object.entries(values).map(([key, value]) => `=${key}=${value}`),
]

function fetchOf({ step, path, url, bytes, server }: DesiredPage, files: Row[]): Change[] {
  // On boards with a flash disk the directory is below it.
  const file = files.find(({ name }) => name === path || name === `flash/${path}`)
  if (file && sizeOf(file.size) === bytes) return []
  const directory = path.slice(0, path.lastIndexOf('/') + 1)
  const isBare = !files.some(({ name = '' }) => name.startsWith(directory) || name.startsWith(`flash/${directory}`))
  const check = url.startsWith('https:') ? { 'check-certificate': 'yes' } : {}
  return [
    ...(server !== undefined && isBare ? [routersOwnPages(step, server)] : []),
    {
      ...{ step, menu: '/tool', kind: 'fetch' },
      text: `fetch ${url} into ${path}`,
      words: order('/tool/fetch', { url, 'dst-path': path, ...check }),
      undo: undefined,
    },
  ]
}

function routersOwnPages(step: Step, server: string): Change {
  return {
    ...{ step, menu: '/ip/hotspot', kind: 'set' },
    text: `write the router's own pages for the hotspot ${server}`,
    words: order('/ip/hotspot/reset-html', { numbers: server }),
    undo: undefined,
  }
}

const sizeOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number.parseInt(text, 10)

const said = (row: Row): string =>
  Object.entries(row)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')

/** Whether the router means the same: `yes` is `true`, `300s` is `5m`, a list has no order, an address may show its length. */
function isSame(wanted: string, found: string | undefined): boolean {
  const [a, b] = [plain(wanted), plain(found ?? '')]
  if (a === b || (a === 'false' && b === '')) return true
  const seconds = parseDurationSeconds(a)
  return seconds !== undefined && /[a-z:]/.test(a + b) && seconds === parseDurationSeconds(b)
}

function plain(value: string): string {
  if (value === 'yes') return 'true'
  if (value === 'no') return 'false'
  return value.replace(/\/32$/, '').split(',').sort().join(',')
}
