import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openSite } from './site.ts'

it('a new box looks at itself at once, and does its nightly work without one failure', async () => {
  const site = await openSite()
  try {
    const events = await site.events()
    const rotation = await events.when(({ type }) => type === 'log_rotation.completed')
    assert.deepEqual(rotation.data, { files: [] }, 'this one logs to a pipe, as under journald')

    const seen = async () => {
      const text: string = (await site.call('GET', '/metrics')).body
      return Object.fromEntries(
        [...text.matchAll(/^(mlango_(?:cpu|disk|memory|database)\w+) ([\d.]+)$/gm)].map(([, name, value]) => [
          name,
          Number(value),
        ]),
      )
    }
    const giveUp = AbortSignal.timeout(60_000)
    let metrics = await seen()
    for (; metrics.mlango_disk_free_bytes === undefined; metrics = await seen())
      await delay(100, undefined, { signal: giveUp })
    assert.ok((metrics.mlango_database_bytes ?? 0) >= 4096)
    assert.ok((metrics.mlango_memory_available_bytes ?? 0) > 1_000_000)
    assert.ok((metrics.mlango_cpu_percent ?? -1) >= 0)

    for (let busy = true; busy; ) {
      const { body } = await site.call('GET', '/api/queue')
      busy = body.queues.some(({ ready, running }: { ready: number; running: number }) => ready + running > 0)
      if (busy) await delay(100, undefined, { signal: giveUp })
    }
    assert.deepEqual((await site.call('GET', '/api/jobs?state=failed')).body.items, [])
  } finally {
    await site.close()
  }
})
