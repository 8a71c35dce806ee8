import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { rotateLog } from '../src/log-rotation.ts'

function setup(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-log-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'mlango.log')
  const rotate = () => rotateLog(file, new AbortController().signal)
  return { directory, file, rotate }
}

const lines = (text: string) => `${text} ${'x'.repeat(100)}\n`.repeat(110_000)

test('a small log stays as it is', async (t) => {
  const { directory, file, rotate } = setup(t)
  writeFileSync(file, 'a line\n')
  assert.deepEqual(await rotate(), { file, outcome: 'small', bytes: 7 })
  assert.deepEqual(readdirSync(directory), ['mlango.log'])
})

test('a large log is packed away and begun anew; the newest seven are kept', async (t) => {
  const { directory, file, rotate } = setup(t)
  for (let day = 1; day <= 9; day++) {
    writeFileSync(file, lines(`day ${day}`))
    assert.equal((await rotate()).outcome, 'rotated')
    assert.equal(statSync(file).size, 0)
  }
  assert.deepEqual(readdirSync(directory).sort(), [
    'mlango.log',
    ...[1, 2, 3, 4, 5, 6, 7].map((n) => `mlango.log.${n}.gz`),
  ])
  for (const [number, day] of [
    [1, 9],
    [7, 3],
  ]) {
    assert.ok(gunzipSync(readFileSync(`${file}.${number}.gz`)).toString() === lines(`day ${day}`))
  }
})

test('no line is lost that is written while the log is packed', async (t) => {
  const { file, rotate } = setup(t)
  writeFileSync(file, lines('before'))
  const rotating = rotate()
  appendFileSync(file, 'meanwhile\n')
  await rotating
  appendFileSync(file, 'afterwards\n')
  assert.ok(gunzipSync(readFileSync(`${file}.1.gz`)).toString() === `${lines('before')}meanwhile\n`)
  assert.equal(readFileSync(file, 'utf8'), 'afterwards\n')
})

/** A process of its own, because its standard output is what is rotated. */
async function rotateOwn(file: string, flags: 'a' | 'r+'): Promise<{ files: string[]; outcome: string }> {
  const module = new URL('../src/log-rotation.js', import.meta.url).href
  const script = `import { ownLogFiles, rotateLog } from ${JSON.stringify(module)}
    const files = ownLogFiles()
    const { outcome } = await rotateLog(files[0], new AbortController().signal)
    process.stdout.write('goes on')
    process.stderr.write(JSON.stringify({ files, outcome }))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', openSync(file, flags), 'pipe'],
  })
  let said = ''
  child.stderr?.on('data', (data) => {
    said += data
  })
  await once(child, 'close')
  return JSON.parse(said)
}

test('a daemon finds the file that it logs to, and goes on in it', async (t) => {
  const { file } = setup(t)
  writeFileSync(file, lines('before'))
  assert.deepEqual(await rotateOwn(file, 'a'), { files: [file], outcome: 'rotated' })
  assert.equal(readFileSync(file, 'utf8'), 'goes on')
})

test('a log that is not appended to is left alone: cutting it would leave a hole', async (t) => {
  const { file } = setup(t)
  writeFileSync(file, lines('before'))
  assert.deepEqual(await rotateOwn(file, 'r+'), { files: [file], outcome: 'not-appended' })
  assert.ok(!readdirSync(join(file, '..')).includes('mlango.log.1.gz'))
})
