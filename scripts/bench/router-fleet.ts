import { join } from 'node:path'
import { startRouterSimulator } from '../../src/simulators/router/router-simulator.ts'
import type { RouterSimulator } from '../../src/simulators/router/simulated-router.ts'
import { openReader } from '../../src/store/database.ts'
import { startDaemon } from './daemon.ts'
import { freePort } from './free-port.ts'

const ADMIN_TOKEN = 'an-admin-token-for-benchmarks'
const API_PASSWORD = 'an-api-password'

/** The whole daemon as a process of its own, with simulated routers, each at an address of its own, in this one. */
export async function openFleet(dataDir: string) {
  const [port, authPort, acctPort] = [await freePort(), await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const daemon = await startDaemon({
    MLANGO_SITE_ID: 'bench',
    MLANGO_STORAGE_DATA_DIR: dataDir,
    MLANGO_HTTP_HOST: '127.0.0.1',
    MLANGO_HTTP_PORT: String(port),
    // So that every voucher may come from a phone of its own.
    MLANGO_HTTP_TRUSTED_PROXIES: '127.0.0.1',
    MLANGO_RADIUS_HOST: '127.0.0.1',
    MLANGO_RADIUS_AUTH_PORT: String(authPort),
    MLANGO_RADIUS_ACCT_PORT: String(acctPort),
    MLANGO_ADMIN_TOKEN: ADMIN_TOKEN,
  })
  const db = openReader(join(dataDir, 'mlango.db'))
  const routers: RouterSimulator[] = []

  async function call(
    method: string,
    path: string,
    body?: object,
    from = '10.5.50.2',
  ): Promise<Record<string, unknown>> {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${ADMIN_TOKEN}`,
        'X-Forwarded-For': from,
        ...(body && { 'Content-Type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }

  const sold = await call('POST', '/api/packages', { name: '1 day', price_cents: 1000, duration_seconds: 86_400 })

  return {
    port,
    token: ADMIN_TOKEN,
    db,
    daemon,
    call,
    packageId: sold.id as number,

    async addRouter(accessMode: 'radius' | 'local'): Promise<{ routerId: number; simulator: RouterSimulator }> {
      const simulator = await startRouterSimulator({ host: `127.0.4.${routers.length + 1}`, password: API_PASSWORD })
      routers.push(simulator)
      const { id } = await call('POST', '/api/routers', {
        name: `Router ${routers.length}`,
        address: simulator.host,
        api_port: simulator.apiPort,
        api_username: 'mlango',
        api_password: API_PASSWORD,
        access_mode: accessMode,
      })
      return { routerId: id as number, simulator }
    },

    /** Looks until it is so; rejects when it takes too long. */
    async until(isSo: () => boolean, patienceMs: number): Promise<number> {
      const startedMs = performance.now()
      while (!isSo()) {
        if (performance.now() - startedMs > patienceMs) throw new Error(`not so within ${patienceMs} ms`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return performance.now() - startedMs
    },

    async close() {
      db.close()
      await daemon.stop()
      await Promise.all(routers.map((router) => router.stop()))
    },
  }
}

export type Fleet = Awaited<ReturnType<typeof openFleet>>

export const macAddress = (number: number): string => {
  const hex = number.toString(16).padStart(6, '0').toUpperCase()
  return `02:00:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`
}
