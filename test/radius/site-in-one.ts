import { catalogue } from '../../jobs/catalogue.ts'
import type { JobServices } from '../../jobs/services.ts'
import type { AccessBook } from '../../src/access/authorize.ts'
import { staleAfterMs } from '../../src/access/session-table.ts'
import { noteRouterRestarted, recordAccounting } from '../../src/access/sessions.ts'
import { voucherByCode } from '../../src/billing/voucher-table.ts'
import { createVouchers, normaliseVoucherCode, redeemVoucher } from '../../src/billing/vouchers.ts'
import type { JobOutcome } from '../../src/flow/job-outcome.ts'
import { openLog } from '../../src/log.ts'
import { accountingInput, answerLogins } from '../../src/radius/access-verdict.ts'
import { changeSession } from '../../src/radius/coa-client.ts'
import { disconnect } from '../../src/radius/disconnect-client.ts'
import { nasOfRouter } from '../../src/radius/nas-of-router.ts'
import { openRadiusServer } from '../../src/radius/radius-server.ts'
import { sessionChange, sessionNames } from '../../src/radius/session-of-router.ts'
import { noteRouterSigns } from '../../src/routers/registry.ts'
import { routerByAddress } from '../../src/routers/router-table.ts'
import { openRouterGate } from '../../src/routers/routeros-gate.ts'
import { startRouterSimulator } from '../../src/simulators/router/router-simulator.ts'
import { openStay } from '../access/stay.ts'
import { openRooms } from '../billing/rooms.ts'
import { SECRET } from './radius-house.ts'

export const INTERIM_SECONDS = 300
const API = { username: 'mlango', password: 'an-api-password' }
const QUICK_MS = [200, 200, 200]

interface Closing {
  after(close: () => unknown): void
}

/** Rooms, RADIUS and one router on real sockets in this thread; the trade's clock is stepped, and jobs run when told. */
export async function openSiteInOne(t: Closing, { terms }: { terms?: Parameters<typeof openStay>[1] } = {}) {
  const rooms = openRooms()
  const { clock, reader, store } = rooms
  const log = openLog('fatal', {})
  const router = await startRouterSimulator({ ...API, version: '7.20.8', clock })
  const routerId = rooms.addRouter({
    address: '127.0.0.1',
    apiPort: router.apiPort,
    apiUsername: API.username,
    apiPassword: API.password,
    radiusSecret: SECRET,
    coaPort: router.coaPort,
  })
  const book: AccessBook = {
    db: reader,
    findVoucher: (typed) => voucherByCode(reader, normaliseVoucherCode(typed)),
    staleAfterMs: staleAfterMs(INTERIM_SECONDS),
  }
  const server = openRadiusServer({
    host: '127.0.0.1',
    authPort: 0,
    acctPort: 0,
    interimIntervalSeconds: INTERIM_SECONDS,
    language: 'en',
    clock,
    log,
    findNas(address) {
      const row = routerByAddress(reader, address)
      return row && nasOfRouter(row)
    },
    authorize: answerLogins({
      book,
      clock,
      redeem: (voucher) => store.run(redeemVoucher, { ...voucher, deviceIsKnown: true }),
    }),
    account: (record) => store.run(recordAccounting, accountingInput(record, book)),
    noteSigns: (signer) => store.run(noteRouterSigns, { routerId: signer }),
    nasRestarted: (restart) => store.run(noteRouterRestarted, restart),
  })
  await server.start()
  router.setRadius({ authPort: server.authPort, acctPort: server.acctPort, secret: SECRET })
  const gate = openRouterGate({ log })
  t.after(async () => {
    await gate.stop()
    server.stop()
    await router.stop()
    rooms.close()
  })

  const services = {
    db: reader,
    clock,
    gate,
    store,
    log,
    signal: new AbortController().signal,
    staleAfterMs: staleAfterMs(INTERIM_SECONDS),
    disconnect: (to, session, signal) => disconnect(sessionNames(to, session), { signal, waitsMs: QUICK_MS }),
    changeSession: (to, session, access, signal) =>
      changeSession(sessionNames(to, session), sessionChange(session, access), { signal, waitsMs: QUICK_MS }),
  } as Partial<JobServices> as JobServices
  const jobs = { ...catalogue['session-management'], ...catalogue['hotspot-provisioning'] }

  /** Runs a job as its payload stands in the queue, and what it leaves to its commit. */
  async function work(name: keyof typeof jobs, payload: object): Promise<JobOutcome> {
    const job = jobs[name] as { run(payload: object, services: JobServices): Promise<JobOutcome> }
    const outcome = await job.run(payload, services)
    if ('effects' in outcome) {
      for (const { command, input } of outcome.effects) rooms.run({ name: command } as never, input)
    }
    return outcome
  }

  return {
    rooms,
    router,
    routerId,
    server,
    clock,
    work,
    stay: openStay(rooms, { routerId, ...terms }),
    /** Works off what the queue holds of one kind. */
    async workAll(name: keyof typeof jobs): Promise<void> {
      for (const { payload } of rooms.jobs(name)) await work(name, JSON.parse(payload))
    },
    voucher(packageId = rooms.addPackage()): string {
      const batch = rooms.run(createVouchers, { packageId, count: 1, prefix: '', expiresAtMs: null, note: '' })
      return batch.outcome === 'created' ? (batch.codes[0] ?? '') : ''
    },
    sessions: () =>
      rooms.rows<{ username: string; stop_reason: string | null; end_outcome: string | null; input_bytes: number }>(
        'SELECT * FROM sessions ORDER BY id',
      ),
  }
}
