import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { asError } from '../errors.ts'
import { isLoopback, ownAddress } from '../own-address.ts'
import { routerAddress } from '../routers/router-address.ts'
import { RouterError } from '../routers/router-error.ts'
import type { RouterRow } from '../routers/router-table.ts'
import { openConnection } from '../routers/routeros-connection.ts'
import { type Finding, findingsAbout } from './finding.ts'

const ANSWER_MS = 15_000

const routers = findingsAbout('router')

/** Whether each router can be reached by its API with what we know of it. */
export async function lookAtRouters(config: Config, known: readonly RouterRow[], clock: Clock): Promise<Finding[]> {
  if (known.length === 0) return [routers.leftOut('None is registered; `mlango router add NAME` prints what to do.')]
  return [...lookAtOwnAddress(config, known), ...(await Promise.all(known.map((router) => lookAt(router, clock))))]
}

/** A router fetches its script and its login page from us, and calls home. */
function lookAtOwnAddress({ site, http }: Config, known: readonly RouterRow[]): Finding[] {
  const host = site.portal_url === undefined ? ownAddress(http.host) : new URL(site.portal_url).hostname
  const areElsewhere = known.some(({ address }) => address === null || !isLoopback(address))
  if (!isLoopback(host) || !areElsewhere) return []
  const todo = 'Set [http] host = "0.0.0.0", or [site] portal_url where a proxy stands before this box.'
  return [routers.wrong(`No router can reach this box at ${host}.`, todo)]
}

async function lookAt(router: RouterRow, clock: Clock): Promise<Finding> {
  const script = `\`mlango router script ${router.id} --line\` prints the line to paste into its terminal.`
  const address = routerAddress(router)
  if (!address) return routers.wrong(`${router.name} has not called home yet.`, script)
  try {
    const connection = await openConnection(address, { clock, signal: AbortSignal.timeout(ANSWER_MS) })
    try {
      const [resource] = await connection.run(['/system/resource/print'], ANSWER_MS)
      return routers.well(
        `${router.name} at ${address.host} answers; RouterOS ${resource?.version ?? 'of some version'}.`,
      )
    } finally {
      await connection.close()
    }
  } catch (thrown) {
    const says = `${router.name} at ${address.host}:${address.port}: ${asError(thrown).message}`
    const isLogin = thrown instanceof RouterError && thrown.kind === 'auth'
    return routers.wrong(
      says,
      isLogin ? script : 'Check its power, its cable and its address; `mlango router list` shows what we know.',
    )
  }
}
