import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { idOfSigned } from '../../src/signed-voucher.ts'

const MAIN = new URL('../../src/main.js', import.meta.url).pathname

test('head office sees the id of each voucher that it signs, and finds it again on the paper', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-sign-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const key = join(directory, 'head-office.pem')
  const mlango = async (...words: string[]) =>
    (await promisify(execFile)(process.execPath, [MAIN, 'voucher', ...words], { env: { PATH: process.env.PATH } }))
      .stdout
  await mlango('keygen', '--out', key)
  const { codes, vouchers } = JSON.parse(
    await mlango('sign', '--key', key, '--package', '1 hour', '--count', '2', '--json'),
  )
  assert.deepEqual(
    vouchers.map(({ code }: { code: string }) => code),
    codes,
  )
  for (const { id, code } of vouchers) assert.equal(idOfSigned(code), id)
  assert.equal(idOfSigned('ML1.torn'), undefined)
})
