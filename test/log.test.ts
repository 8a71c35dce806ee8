import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLog } from '../src/log.ts'

function setup(level = 'debug') {
  const lines: string[] = []
  return { lines, log: openLog(level, { thread: 'main' }, { write: (line) => lines.push(line) }) }
}

test('a line is JSON with level, time, thread and text', () => {
  const { log, lines } = setup()
  log.info({ paymentId: 'p1' }, 'paid')
  assert.equal(lines.length, 1)
  const line = JSON.parse(lines[0] ?? '')
  assert.match(line.time, /^\d{4}-\d\d-\d\dT.*Z$/)
  assert.deepEqual({ ...line, time: '' }, { level: 'info', time: '', thread: 'main', paymentId: 'p1', msg: 'paid' })
})

test('what is below the level is not written', () => {
  const { log, lines } = setup('warn')
  log.info('not this')
  log.warn('this')
  assert.equal(lines.length, 1)
})

test('secrets are taken out, at the top and one level down', () => {
  const { log, lines } = setup()
  const fields = ['password', 'secret', 'token', 'apiKey', 'passkey', 'authorization', 'cookie', 'callbackToken']
  const ours = [
    'apiPassword',
    'radiusSecret',
    'consumerSecret',
    'api_key',
    'consumer_secret',
    'tokenKey',
    'api_password',
  ]
  for (const field of [...fields, ...ours]) log.info({ [field]: 'hunter2', router: { [field]: 'hunter2' } }, 'look')
  assert.doesNotMatch(lines.join(''), /hunter2/)
  assert.match(lines[0] ?? '', /\[secret\]/)
})

test('an error is written with its text and where it came from', () => {
  const { log, lines } = setup()
  log.error({ err: new Error('far end said no') }, 'failed')
  const { err } = JSON.parse(lines[0] ?? '')
  assert.equal(err.message, 'far end said no')
  assert.match(err.stack, /log\.test/)
})

test('secrets are taken out of an error, and of what a child log says in each of its lines', () => {
  const { log, lines } = setup()
  log.error({ err: Object.assign(new Error('refused'), { password: 'hunter2' }), cause: { secret: 'hunter2' } })
  log.error(Object.assign(new Error('refused'), { token: 'hunter2' }))
  log.child({ cookie: 'hunter2' }).info({ router: { apiPassword: 'hunter2' } }, 'look')
  log.info({ err: null, none: undefined, list: [{ id: 1 }] }, 'look')
  assert.doesNotMatch(lines.join(''), /hunter2/)
  assert.match(lines[1] ?? '', /"message":"refused".*"token":"\[secret\]"/)
})

test('what is logged keeps its secrets', () => {
  const router = { password: 'hunter2' }
  setup().log.info({ router }, 'look')
  assert.equal(router.password, 'hunter2')
})
