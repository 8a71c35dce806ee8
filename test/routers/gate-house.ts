import type { TestContext } from 'node:test'
import { pino } from 'pino'
import { type Clock, systemClock } from '../../src/clock.ts'
import { openRouterGate } from '../../src/routers/routeros-gate.ts'
import { startRouterSimulator } from '../../src/simulators/router/router-simulator.ts'
import type { RouterSimulatorOptions } from '../../src/simulators/router/simulated-router.ts'

export const MAC = '02:00:00:00:00:01'
export const USER = {
  username: 'K7QP',
  password: 'pa ss=wörd',
  limitUptimeSeconds: 3600,
  limitBytesTotal: 1_000_000,
  comment: 'mlango:g1',
}
const { username, password } = USER
export const LOGIN = { macAddress: MAC, username, password }

/** The hotspot's verbs, and a simulated router that hears them. */
export async function openGateHouse(t: TestContext, options?: RouterSimulatorOptions, clock: Clock = systemClock) {
  const router = await startRouterSimulator(options)
  const gate = openRouterGate({ log: pino({ level: 'silent' }), clock })
  t.after(async () => {
    await gate.stop()
    await router.stop()
  })
  const address = {
    routerId: 1,
    host: router.host,
    port: router.apiPort,
    tls: false,
    username: 'mlango',
    password: 'mlango',
  }
  const { signal } = new AbortController()
  const changes = () => router.commands.map(([path = '']) => path).filter((path) => !path.endsWith('/print'))
  return { router, gate, address, signal, changes }
}

export type GateHouse = Awaited<ReturnType<typeof openGateHouse>>
