import { provisionRouter } from '../../../jobs/router-provisioning/provision-router.ts'
import type { JobOutcome } from '../../../src/flow/job-outcome.ts'
import { hotspotLoginPage } from '../../../src/routers/hotspot-login-page.ts'
import { beginProvisioning } from '../../../src/routers/provision/provisionings.ts'
import type { WantedServices } from '../../../src/routers/provision/wanted.ts'
import type { RouterSimulatorOptions } from '../../../src/simulators/router/simulated-router.ts'
import { logIn, rows } from '../../simulators/router/raw-api-client.ts'
import { API_PASSWORD, APPLIANCE, type JobHouse } from '../job-house.ts'

export const OTHER_MAC = '02:00:00:00:00:99'
export const HTTPS = { ...APPLIANCE, portalUrl: 'https://portal.site.example' }
export const HOTSPOT: WantedServices = { hotspot: { ports: ['ether2'], network: '10.9.0.0/24' } }

export async function openRouter(
  house: JobHouse,
  options: RouterSimulatorOptions = {},
  accessMode: 'radius' | 'local' = 'radius',
) {
  const opened = await house.openRouter({ accessMode }, options)
  const { routerId, simulator } = opened
  simulator.setDownload(async () => {
    const { portalUrl } = (await house.services.applianceFor(simulator.host)) ?? APPLIANCE
    return Buffer.from(hotspotLoginPage({ portalUrl, routerId }))
  })
  const operator = await logIn(simulator.apiPort, 'mlango', API_PASSWORD, simulator.host)
  const print = async (menu: string) => rows(await operator.ask(`${menu}/print`))
  /** The box stands in a network of the router's own, on the inside. */
  const standInside = () => operator.ask('/ip/address/add', '=address=192.168.88.1/24', '=interface=bridge')
  return {
    standInside,
    ...opened,
    operator,
    print,
    changes: () => simulator.commands.filter(([path = '']) => !path.endsWith('/print')),
  }
}

interface TestOrder {
  why?: 'asked' | 'daily' | 'reconnected'
  dryRun?: boolean
  wanted?: WantedServices
  secrets?: boolean
}

export const order = (house: JobHouse, routerId: number, { why = 'asked', ...more }: TestOrder = {}) =>
  house.run(beginProvisioning, { routerId, why, ...more })

/** Runs the jobs that wait for it, in their order and as the queue would, effects included. Returns what the last came to. */
export async function runOrders(house: JobHouse): Promise<JobOutcome | undefined> {
  let outcome: JobOutcome | undefined
  for (const { id, payload } of house.rows<{ id: number; payload: string }>(
    "SELECT id, payload FROM jobs WHERE name = 'provision-router' ORDER BY id",
  )) {
    outcome = await house.runJob(provisionRouter, JSON.parse(payload))
    if (outcome.kind !== 'done') continue
    for (const { command, input } of outcome.effects) {
      await house.store.run({ name: command } as Parameters<typeof house.store.run>[0], input as never)
    }
    house.db.prepare('DELETE FROM jobs WHERE id = ?').run(id)
  }
  return outcome
}

/** Orders the job and runs it. */
export async function provision(
  house: JobHouse,
  routerId: number,
  asked: TestOrder = {},
): Promise<JobOutcome | undefined> {
  order(house, routerId, asked)
  return runOrders(house)
}
