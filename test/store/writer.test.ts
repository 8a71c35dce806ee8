import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { MlangoError } from '../../src/errors.ts'
import { openLog } from '../../src/log.ts'
import { openReader, openWriter } from '../../src/store/database.ts'
import type { CommandReply } from '../../src/store/protocol.ts'
import { openWriterLoop, type WriterHooks } from '../../src/store/writer.ts'

function setup(t: TestContext, given: Partial<WriterHooks> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-store-'))
  const file = join(directory, 'mlango.db')
  const db = openWriter(file)
  db.exec('CREATE TABLE notes (what TEXT NOT NULL UNIQUE) STRICT')
  const reader = openReader(file)
  const logLines: string[] = []
  const log = openLog('debug', {}, { write: (line) => logLines.push(line) })
  t.after(() => {
    reader.close()
    if (db.open) db.close()
    rmSync(directory, { recursive: true })
  })
  const happened: string[] = []
  const hooks: WriterHooks = {
    perform({ name, input }) {
      if (name === 'refuse') throw new MlangoError('not-today', 'This is refused.')
      if (name === 'late') return Promise.resolve().then(() => db.prepare("INSERT INTO notes VALUES ('late')").run())
      if (name === 'odd') return () => 'a function cannot travel'
      db.prepare('INSERT INTO notes VALUES (?)').run(input)
      return `noted ${input}`.slice(0, 40)
    },
    beforeCommit: () => {},
    afterCommit: () => happened.push('committed'),
    afterFailure: () => happened.push('failed'),
    ...given,
  }
  const writer = openWriterLoop(db, hooks, log)
  let lastId = 0
  const submit = (name: string, input: unknown) =>
    new Promise<CommandReply>((resolve) => {
      writer.submit({ kind: 'command', requestId: ++lastId, name, input }, (reply) => {
        const sent = structuredClone(reply)
        happened.push(reply.ok ? 'yes' : 'no')
        resolve(sent)
      })
    })
  const notes = () => reader.prepare('SELECT what FROM notes ORDER BY rowid').pluck().all()
  return { db, writer, submit, notes, happened, logLines }
}

test('everything that waits shares one commit, and no yes leaves before it', async (t) => {
  const { submit, notes, happened } = setup(t)
  const replies = await Promise.all(['a', 'b', 'c'].map((what) => submit('note', what)))
  assert.deepEqual(
    replies.map((reply) => reply.ok && reply.value),
    ['noted a', 'noted b', 'noted c'],
  )
  assert.deepEqual(happened, ['committed', 'yes', 'yes', 'yes'])
  assert.deepEqual(notes(), ['a', 'b', 'c'])
})

test('a bad command undoes only itself, and hears its own code', async (t) => {
  const { submit, notes, logLines } = setup(t)
  const replies = await Promise.all([
    submit('note', 'a'),
    submit('note', 'a'),
    submit('refuse', 0),
    submit('note', 'b'),
  ])
  assert.deepEqual(
    replies.map((reply) => (reply.ok ? 'yes' : `${reply.code}: ${reply.message}`)),
    ['yes', 'internal: note failed', 'not-today: This is refused.', 'yes'],
  )
  assert.deepEqual(notes(), ['a', 'b'])
  // A refusal is an answer; only the bug is for the log.
  assert.equal(logLines.length, 1)
})

test('a command of one write has no savepoint, and refused it leaves the others what they wrote', async (t) => {
  const { submit, notes } = setup(t, { isOneWrite: ({ name }) => name !== 'late' })
  const all = ['a', 'a', 'b'].map((what) => submit('note', what))
  const replies = await Promise.all([...all, submit('refuse', 0), submit('note', 'c')])
  assert.deepEqual(
    replies.map((reply) => (reply.ok ? 'yes' : reply.code)),
    ['yes', 'internal', 'yes', 'not-today', 'yes'],
  )
  assert.deepEqual(notes(), ['a', 'b', 'c'])
})

test('a commit that fails is a no for everybody, and the next one works', async (t) => {
  const { db, submit, notes, happened } = setup(t)
  db.exec(
    'CREATE TABLE parents (id INTEGER PRIMARY KEY); CREATE TABLE children (of INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)',
  )
  db.exec(
    `CREATE TRIGGER orphan AFTER INSERT ON notes WHEN new.what = 'orphan' BEGIN INSERT INTO children VALUES (7); END`,
  )
  const replies = await Promise.all([submit('note', 'a'), submit('note', 'orphan'), submit('note', 'b')])
  assert.deepEqual(
    replies.map((reply) => (reply.ok ? 'yes' : reply.code)),
    ['store-commit-failed', 'store-commit-failed', 'store-commit-failed'],
  )
  assert.deepEqual(notes(), [])
  assert.equal((await submit('note', 'c')).ok, true)
  assert.deepEqual(happened, ['failed', 'no', 'no', 'no', 'committed', 'yes'])
  assert.deepEqual(notes(), ['c'])
})

test('on a full disk the command that does not fit hears no, the others are stored, and the daemon goes on', async (t) => {
  const { db, submit, notes, happened } = setup(t)
  const pages = db.pragma('page_count', { simple: true }) as number
  db.pragma(`max_page_count = ${pages + 2}`)
  const replies = await Promise.all([submit('note', 'a'), submit('note', 'x'.repeat(100_000)), submit('note', 'b')])
  assert.deepEqual(
    replies.map((reply) => (reply.ok ? 'yes' : reply.code)),
    ['yes', 'store-commit-failed', 'yes'],
  )
  assert.deepEqual(notes(), ['a', 'b'])
  assert.deepEqual(happened, ['failed', 'no', 'committed', 'yes', 'yes'])
})

test('when nothing fits any more everybody hears no and what was acknowledged stays', async (t) => {
  const { db, submit, notes } = setup(t)
  assert.equal((await submit('note', 'before')).ok, true)
  db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`)
  const big = Array.from({ length: 50 }, (_, at) => submit('note', `${at}`.repeat(5_000)))
  const replies = await Promise.all(big)
  assert.ok(replies.every((reply) => !reply.ok && reply.code === 'store-commit-failed'))
  assert.deepEqual(notes(), ['before'])
  db.pragma('max_page_count = 1000000')
  assert.equal((await submit('note', 'after')).ok, true)
})

test('a bug while jobs are handed out does not take the commands of others along', async (t) => {
  let broken = true
  const { db, submit, notes, logLines } = setup(t, {
    beforeCommit() {
      db.prepare("INSERT OR REPLACE INTO notes VALUES ('a claim')").run()
      if (broken) throw new TypeError('a bug')
    },
  })
  assert.equal((await submit('note', 'a')).ok, true)
  assert.deepEqual(notes(), ['a'])
  assert.match(logLines[0] ?? '', /"level":"fatal".*a bug/)
  broken = false
  await submit('note', 'b')
  assert.deepEqual(notes(), ['a', 'b', 'a claim'])
})

test('a flood is cut into groups, so that the first need not wait for the last', async (t) => {
  const { submit, happened } = setup(t, {
    perform() {
      const endMs = performance.now() + 40
      while (performance.now() < endMs);
    },
  })
  await Promise.all(Array.from({ length: 8 }, (_, at) => submit('work', at)))
  const commits = happened.filter((what) => what === 'committed').length
  assert.ok(commits >= 2, happened.join(' '))
  assert.equal(happened.filter((what) => what === 'yes').length, 8)
})

test('what is flushed is whole, however much waits', (t) => {
  const { writer, submit, notes } = setup(t)
  for (let at = 0; at < 300; at++) submit('note', `${at}`)
  writer.flush()
  assert.equal(notes().length, 300)
})

test('an answer that cannot travel is a no for its asker alone', async (t) => {
  const { submit } = setup(t)
  const replies = await Promise.all([submit('note', 'a'), submit('odd', 0), submit('note', 'b')])
  assert.deepEqual(
    replies.map((reply) => (reply.ok ? 'yes' : reply.code)),
    ['yes', 'internal', 'yes'],
  )
})

test('a command that promises to write later is refused', async (t) => {
  const { submit } = setup(t)
  const reply = await submit('late', 0)
  assert.equal(reply.ok ? 'yes' : reply.code, 'internal')
})

test('closing commits what waits; what was scheduled before does nothing more, and who comes later hears no', async (t) => {
  const { db, writer, submit, notes, happened, logLines } = setup(t)
  const last = submit('note', 'a')
  writer.close()
  assert.equal((await last).ok, true)
  assert.deepEqual(notes(), ['a'])
  db.close()
  writer.wake()
  const late = await submit('note', 'b')
  assert.equal(late.ok ? 'yes' : late.code, 'store-stopped')
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(happened, ['committed', 'yes', 'no'])
  assert.deepEqual(logLines, [])
})

test('when the file is closed everybody hears no, and nothing spins', async (t) => {
  const { db, submit, happened } = setup(t)
  db.close()
  const reply = await submit('note', 'a')
  assert.equal(reply.ok ? 'yes' : reply.code, 'store-commit-failed')
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(happened, ['failed', 'no'])
})

test('replies go out even when telling others about the commit fails', async (t) => {
  const { writer, submit } = setup(t, {
    afterCommit() {
      throw new Error('nobody listens')
    },
  })
  const reply = submit('note', 'a')
  assert.throws(() => writer.flush(), /nobody listens/)
  assert.equal((await reply).ok, true)
})

test('a full disk on which room can be made delays everybody and refuses nobody', async (t) => {
  const { db, submit, happened } = setup(t, {
    makeRoom(error) {
      assert.equal((error as { code?: string }).code, 'SQLITE_FULL')
      db.pragma('max_page_count = 1000')
      return true
    },
  })
  db.pragma('max_page_count = 5')
  const replies = await Promise.all(['a', 'b'.repeat(30_000), 'c'].map((what) => submit('note', what)))
  assert.ok(replies.every(({ ok }) => ok))
  assert.deepEqual(happened, ['failed', 'committed', 'yes', 'yes', 'yes'])
})
