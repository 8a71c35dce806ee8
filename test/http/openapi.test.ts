import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDesk } from './desk.ts'

interface Operation {
  operationId: string
  summary: string
  description?: string
  security: object[]
  parameters?: { name: string; in: string; required: boolean; schema: Record<string, unknown> }[]
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> }
  responses: Record<string, { content?: Record<string, { schema: Record<string, unknown> }> }>
}

async function setup(t: Parameters<typeof openDesk>[0]) {
  const desk = openDesk(t)
  const { body } = await desk.ask('viewer', 'GET', '/api/openapi.json')
  const paths = body.paths as Record<string, Record<string, Operation>>
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  )
  const at = (method: string, path: string) => paths[path]?.[method] as Operation
  return { ...desk, document: body, operations, at }
}

test('every call of the API is described, and nothing else is', async (t) => {
  const { app, operations } = await setup(t)
  const bare = operations.filter(({ operation }) => Object.keys(operation.responses).length < 2)
  assert.deepEqual(
    bare.map(({ name }) => name),
    [],
  )
  const registered = app.routes
    .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/'))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
  assert.deepEqual(operations.map(({ name }) => name).sort(), [...new Set(registered)].sort())
})

test('it is OpenAPI 3.1, and each call has a name of its own, a sentence, and an answer for what goes wrong', async (t) => {
  const { document, operations } = await setup(t)
  assert.equal(document.openapi, '3.1.0')
  const names = operations.map(({ operation }) => operation.operationId)
  assert.equal(new Set(names).size, names.length)
  for (const { name, operation } of operations) {
    assert.ok(operation.summary.length > 5, name)
    assert.ok(operation.responses.default?.content?.['application/problem+json'], name)
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, word]) => word)
    const told = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
    assert.deepEqual(
      told.map((parameter) => parameter.name),
      inPath,
      name,
    )
  }
})

test('every reference leads somewhere', async (t) => {
  const { document } = await setup(t)
  const text = JSON.stringify(document)
  const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path ?? '')
  assert.ok(references.length > 0)
  for (const path of references) {
    const found = path.split('/').reduce((at, key) => at?.[key], document)
    assert.ok(found, path)
  }
})

test('what validates a request is what describes it', async (t) => {
  const { at } = await setup(t)
  const stk = at('post', '/api/payments/stk')
  const body = stk.requestBody?.content['application/json']?.schema
  assert.deepEqual(body?.required, ['phone_number', 'package_id'])
  assert.equal(body?.additionalProperties, false)
  assert.deepEqual(Object.keys(body?.properties as object), [
    ...['phone_number', 'package_id', 'mac_address', 'router_id', 'account_number', 'voucher_for', 'pay_again'],
  ])
  assert.deepEqual(
    stk.parameters?.map(({ name, in: place, required }) => [name, place, required]),
    [['Idempotency-Key', 'header', false]],
  )
  assert.deepEqual(stk.security, [])
  const limit = at('get', '/api/grants').parameters?.find(({ name }) => name === 'limit')?.schema
  assert.deepEqual([limit?.minimum, limit?.maximum, limit?.default], [1, 200, 50])
})

test('a call says which role it needs', async (t) => {
  const { at } = await setup(t)
  assert.equal(at('post', '/api/routers').description, 'Needs the role admin.')
  assert.equal(at('post', '/api/vouchers').description, 'Needs the role cashier.')
  assert.equal(at('get', '/api/grants').security.length, 2)
})

test('streams are described as streams', async (t) => {
  const { at } = await setup(t)
  assert.deepEqual(Object.keys(at('get', '/api/events').responses['200']?.content ?? {}), ['text/event-stream'])
})
