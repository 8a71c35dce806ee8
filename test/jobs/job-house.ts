import { dirname } from 'node:path'
import type { TestContext } from 'node:test'
import type { JobServices } from '../../jobs/services.ts'
import { staleAfterMs } from '../../src/access/session-table.ts'
import type { JobDefinition } from '../../src/flow/job-definition.ts'
import { rotateLog } from '../../src/log-rotation.ts'
import { openGaugeBoard, readGauges } from '../../src/metrics/gauges.ts'
import { openMachineProbe } from '../../src/metrics/machine.ts'
import { changeSession } from '../../src/radius/coa-client.ts'
import { disconnect } from '../../src/radius/disconnect-client.ts'
import { sessionChange, sessionNames } from '../../src/radius/session-of-router.ts'
import { openRouterGate } from '../../src/routers/routeros-gate.ts'
import { PatientReads } from '../../src/routers/watch/patient-reads.ts'
import { startRouterSimulator } from '../../src/simulators/router/router-simulator.ts'
import type { RouterSimulatorOptions } from '../../src/simulators/router/simulated-router.ts'
import { openRooms } from '../billing/rooms.ts'

export const API_PASSWORD = 'an-api-password'
export const RADIUS_SECRET = 'a-radius-secret'

/** Where the appliance of these tests would be. */
export const APPLIANCE = {
  address: '192.168.88.2',
  gatewayAddress: '192.168.88.1',
  routes: [] as { network: string; gateway: string }[],
  portalUrl: 'http://192.168.88.2:8080',
  radiusAuthPort: 1812,
  radiusAcctPort: 1813,
  interimIntervalSeconds: 300,
}

let routersMade = 0

/** The rooms with the real hands of the work thread, and simulated routers at addresses of their own. */
export function openJobHouse(t: TestContext) {
  const rooms = openRooms()
  const gate = openRouterGate({ log: rooms.log })
  const board = openGaugeBoard()
  const stopping: (() => Promise<void>)[] = [() => gate.stop()]
  t.after(async () => {
    for (const stop of stopping) await stop()
    rooms.close()
  })

  const services: JobServices = {
    db: rooms.reader,
    clock: rooms.clock,
    mpesa: undefined,
    provisional: undefined,
    sms: undefined,
    timeOf: { machine: () => rooms.clock.nowMs(), isNetworkTime: () => false, server: async () => undefined },
    gate,
    disconnect: (router, session, signal) => disconnect(sessionNames(router, session), { signal }),
    changeSession: (router, session, access, signal) =>
      changeSession(sessionNames(router, session), sessionChange(session, access), { signal }),
    staleAfterMs: staleAfterMs(300),
    backUp: async () => ({ outcome: 'nothing-new' }),
    outagePolicy: { credit: false, threshold_minutes: 10, most_minutes: 240 },
    workers: { hotspot: 3, payments: 2, general: 2 },
    machine: openMachineProbe({ databaseFile: rooms.reader.name, dataDir: dirname(rooms.reader.name) }),
    gauges: () => readGauges(board),
    hasCloud: false,
    logFiles: () => [],
    rotateLog,
    applianceFor: async () => APPLIANCE,
    liveReads: new PatientReads(rooms.clock),
    interimIntervalSeconds: APPLIANCE.interimIntervalSeconds,
    site: { name: 'Test site', timeZone: 'Africa/Nairobi', currency: 'KES', language: 'en' },
    jobId: 1,
    attempt: 0,
    step: (_name, work) => Promise.resolve(work()),
    store: rooms.store,
    log: rooms.log,
    signal: new AbortController().signal,
  }

  return {
    ...rooms,
    gate,
    services,

    /** A router at the site, registered as it is. */
    async openRouter(
      { accessMode = 'radius', ...registration }: { accessMode?: 'radius' | 'local'; apiPassword?: string } = {},
      options: RouterSimulatorOptions = {},
    ) {
      routersMade += 1
      const host = `127.0.3.${routersMade}`
      const simulator = await startRouterSimulator({ host, password: API_PASSWORD, ...options })
      stopping.push(() => simulator.stop())
      const routerId = rooms.addRouter({
        address: host,
        apiPort: simulator.apiPort,
        apiPassword: API_PASSWORD,
        radiusSecret: RADIUS_SECRET,
        coaPort: simulator.coaPort,
        accessMode,
        ...registration,
      })
      return { routerId, simulator }
    },

    runJob: <Payload extends object>(job: JobDefinition<Payload, JobServices>, payload: Payload) =>
      job.run(payload, services),
  }
}

export type JobHouse = ReturnType<typeof openJobHouse>
