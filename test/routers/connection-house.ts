import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { RouterError } from '../../src/routers/router-error.ts'
import { openConnection, type RouterAddress } from '../../src/routers/routeros-connection.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'
import { type Script, startScriptedRouter } from './scripted-router.ts'

/** A scripted router, and connections to it whose time stands still. */
export async function setup(t: TestContext, script?: Script) {
  const router = await startScriptedRouter(script)
  t.after(() => router.stop())
  const clock = new SteppedClock()
  const connect = (changes: Partial<RouterAddress> = {}) => openConnection({ ...router.address, ...changes }, { clock })
  return { router, clock, connect }
}

/** What a promise was rejected with, which must be one of ours. */
export async function failure(promise: Promise<unknown>): Promise<RouterError> {
  const thrown = await promise.then(
    () => assert.fail('it should have failed'),
    (error: unknown) => error,
  )
  assert.ok(thrown instanceof RouterError, String(thrown))
  return thrown
}

export const brief = ({ kind, sent }: RouterError) => ({ kind, sent })
