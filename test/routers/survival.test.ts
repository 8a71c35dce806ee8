import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('./survival-child.js', import.meta.url))

/** Plays the fault in a process of its own, which must come through it. */
function outcomeOf(fault: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [CHILD, fault], { timeout: 20_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`the process ended: ${stderr || error.message}`))
      else resolve(JSON.parse(stdout))
    })
  })
}

test('1: an answer without rows (!empty) does not end the process, nor lock the connection', async () => {
  assert.deepEqual(await outcomeOf('empty'), [[], []])
})

test('6: a reset of an idle connection does not end the process', async () => {
  assert.equal(await outcomeOf('reset-while-idle'), false)
})

test('6: a connection on which nothing moves does not end the process', async () => {
  assert.match(String(await outcomeOf('long-idle')), /Timed out/)
})

test('10: an answer that nobody waits for does not end the process', async () => {
  assert.deepEqual(await outcomeOf('unknown-tag'), [[{ name: 'mine' }], [{ name: 'mine' }]])
})

test('18, 19: streams, which end the process or fall silent, are not to be had', async () => {
  assert.deepEqual(await outcomeOf('streams'), Array(3).fill('routeros-no-streams'))
})

test('20: an odd answer to the login does not end the process, nor count as logged in', async () => {
  assert.equal(await outcomeOf('odd-login'), 'auth')
})

test('22: a peer that closes before TLS is up does not end the process', async () => {
  assert.match(String(await outcomeOf('closed-before-tls')), /^(network|closed)$/)
})

test('22: a reset in the middle of the TLS handshake does not end the process', async () => {
  assert.match(String(await outcomeOf('reset-during-tls')), /^(network|closed)$/)
})

test('22: a peer that never answers the TLS handshake does not end the process, and is given up', async () => {
  assert.equal(await outcomeOf('silent-during-tls'), 'timeout')
})
