import assert from 'node:assert/strict'
import { once } from 'node:events'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

const SCRIPT = `
  const { parentPort } = require('node:worker_threads')
  const { readlinkSync } = require('node:fs')
  const { getPriority } = require('node:os')
  import(${JSON.stringify(new URL('../src/doors-first.js', import.meta.url).href)}).then(({ letDoorsFirst }) => {
    letDoorsFirst()
    parentPort.postMessage(getPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1))))
  })
`

test('the thread that steps behind the doors is nicer than before, and no other is', async () => {
  const before = getPriority()
  const worker = new Worker(SCRIPT, { eval: true })
  const [priority] = await once(worker, 'message')
  await worker.terminate()
  assert.equal(priority, Math.min(19, before + 5))
  assert.equal(getPriority(), before)
})
