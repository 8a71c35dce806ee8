import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noteProvisioningProgress } from '../../src/routers/provision/provisionings.ts'
import { noteProbe, probeOf } from '../../src/routers/watch/probes.ts'
import { noteCheck } from '../../src/routers/watch/reach.ts'
import { visitConsole } from './console-visit.ts'
import { openDesk } from './desk.ts'

test('the desk says how far the setting up of a router is, and what has to be done at it', async (t) => {
  const desk = openDesk(t)
  const { rooms } = desk
  const routerId = rooms.addRouter({ name: 'Tower 7' })
  const { page } = await visitConsole(desk)
  rooms.run(noteProbe, {
    ...{ routerId, startedAtMs: probeOf(rooms.db, routerId)?.startedAtMs ?? 0, state: 'looking', reason: 'no answer' },
    findings: null,
    advice: [{ code: 'device-mode', text: 'Press its button.', command: '/system device-mode update hotspot=yes' }],
  })
  const jobId = Number(rooms.value("SELECT min(id) FROM jobs WHERE name = 'probe-router'"))
  const progress = { stage: 'bridge', percent: 45, message: 'add to /interface/bridge' }
  rooms.run(noteProvisioningProgress, { jobId, routerId, why: 'asked', dryRun: false, ...progress })
  const shown = await page('/console')
  assert.match(shown, /Tower 7.*running.*bridge 45 %/s)
  assert.match(shown, /Press its button\. <code class="code">\/system device-mode update hotspot=yes<\/code>/)
  assert.match(shown, /add to \/interface\/bridge/)
})

test('the desk says when a router was last seen, or that it never was', async (t) => {
  const desk = openDesk(t)
  const { rooms } = desk
  const routerId = rooms.addRouter({ name: 'Tower 7' })
  const { page } = await visitConsole(desk)
  assert.match(await page('/console'), /Tower 7.*?>never</s)
  const check = { online: true as const, uptimeSeconds: 60, version: null, model: null }
  rooms.run(noteCheck, { routerId, check, interimIntervalSeconds: 300 })
  rooms.clock.step(5 * 60_000)
  assert.match(await page('/console'), /Tower 7.*?>5 min ago</s)
})
