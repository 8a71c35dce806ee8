import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { applianceForRouter } from '../src/appliance-for-router.ts'
import { loadConfig } from '../src/config.ts'
import { addressTowards } from '../src/own-address.ts'

const ROUTER = '127.0.9.1'
const ELSEWHERE = '192.0.2.9'

/** The addresses under which the router would reach this machine. */
async function reached(routerHost: string, environment: Record<string, string> = {}) {
  const appliance = await applianceForRouter(loadConfig(undefined, environment), routerHost)
  return appliance && [appliance.address, appliance.portalUrl]
}

test('a router is told the address that it sees, also where the portal has a name', async () => {
  const portal = 'https://portal.site.example'
  assert.deepEqual(await reached(ROUTER, { MLANGO_SITE_PORTAL_URL: portal }), ['127.0.0.1', portal])
  assert.deepEqual((await reached(ROUTER))?.[0], '127.0.0.1')
})

test('an address that the operator has named is taken as it is', async () => {
  const portal = 'http://10.1.2.3:8080'
  assert.deepEqual(await reached(ELSEWHERE, { MLANGO_SITE_PORTAL_URL: portal }), ['10.1.2.3', portal])
})

test('a box that only it can reach itself has none for a router elsewhere', async () => {
  assert.equal(await reached(ELSEWHERE, { MLANGO_HTTP_HOST: '127.0.0.1' }), undefined)
  assert.equal(await reached(ELSEWHERE, { MLANGO_SITE_PORTAL_URL: 'http://localhost:8080' }), undefined)
})

test('where no way leads there is no address of ours', async () => {
  // Nobody may send there without asking for it.
  assert.equal(await addressTowards('255.255.255.255'), undefined)
})

const canUnshare =
  spawnSync('unshare', ['-n', 'ip', 'link', 'add', 'card1', 'type', 'veth', 'peer', 'name', 'far1']).status === 0

test('a box with two cards is known to each router by the card on its side, and so is the portal', {
  skip: canUnshare ? false : 'this machine allows no network namespace',
}, () => {
  const script = `
    const { applianceForRouter } = await import('${new URL('../src/appliance-for-router.js', import.meta.url)}')
    const { loadConfig } = await import('${new URL('../src/config.js', import.meta.url)}')
    for (const router of ['10.10.0.1', '10.20.0.1']) {
      const { address, portalUrl } = await applianceForRouter(loadConfig(undefined, {}), router)
      console.log(address, portalUrl)
    }`
  const cards = [1, 2].map(
    (card) =>
      `ip link add card${card} type veth peer name far${card} && ip link set far${card} up && ip addr add 10.${card}0.0.2/24 dev card${card} && ip link set card${card} up`,
  )
  const run = spawnSync(
    'unshare',
    ['-n', 'sh', '-c', [...cards, '"$0" --input-type=module -e "$1"'].join(' && '), process.execPath, script],
    {
      encoding: 'utf8',
    },
  )
  assert.equal(run.stdout, '10.10.0.2 http://10.10.0.2:8080\n10.20.0.2 http://10.20.0.2:8080\n', run.stderr)
})
