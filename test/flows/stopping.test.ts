import assert from 'node:assert/strict'
import { it } from 'node:test'
import { onDisk, onlineOnce } from './online-once.ts'
import { openSite } from './site.ts'

/** docs/operating.md, and the unit's TimeoutStopSec. */
const STOP_MS = 10_000

it('a daemon that is told to stop while it works ends well within 10 s, and its jobs go on at the next start', {
  timeout: 180_000,
}, async () => {
  const site = await openSite()
  try {
    site.router.faults.apiSilent = true
    const atRouter = await site.buy(site.join())
    await site.whenView(atRouter, ({ access }) => access !== null)
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, 'slow-push')
    const atMpesa = await site.buy(phone)
    await site.mpesa.whenPushed(2)

    const askedAtMs = performance.now()
    const status = await site.daemon.stop()
    assert.equal(status, 0)
    assert.ok(performance.now() - askedAtMs < STOP_MS)

    assert.deepEqual(onDisk(site, "SELECT attempt, rescues, owner FROM jobs WHERE name = 'create-hotspot-user'"), [
      { attempt: 0, rescues: 0, owner: null },
    ])
    // It may have reached the phone, so it is never sent again.
    assert.deepEqual(onDisk(site, 'SELECT state FROM payments WHERE id = ?', atMpesa.paymentId), [
      { state: 'UNCERTAIN' },
    ])

    site.router.faults.apiSilent = false
    await site.start()
    await onlineOnce(site, atRouter)
    site.mpesa.releaseSlow()
    await onlineOnce(site, atMpesa)
    assert.equal(site.mpesa.pushes.length, 2)
  } finally {
    await site.close()
  }
})

it('a push that M-PESA answers while the daemon stops is a prompt that can be asked about, and not in doubt', {
  timeout: 60_000,
}, async () => {
  const site = await openSite()
  try {
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, 'slow-push')
    const { paymentId } = await site.buy(phone)
    await site.mpesa.whenPushed(1)
    const stopped = site.daemon.stop()
    const readiness = async () => (await fetch(`${site.url}/readyz`)).status
    // Its work thread has been told.
    while ((await readiness()) !== 503);
    await readiness()
    site.mpesa.releaseSlow()
    assert.equal(await stopped, 0)
    const was = onDisk(site, 'SELECT to_state AS state FROM payment_history WHERE payment_id = ?', paymentId)
    assert.deepEqual(was.slice(0, 2), [{ state: 'SUBMITTING' }, { state: 'PROMPTED' }])
  } finally {
    await site.close()
  }
})
