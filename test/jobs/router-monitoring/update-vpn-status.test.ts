import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkRouters } from '../../../jobs/router-monitoring/check-routers.ts'
import { updateVpnStatus } from '../../../jobs/router-monitoring/update-vpn-status.ts'
import { peersInDump, readOwnVpnPeers } from '../../../src/routers/watch/appliance-wireguard.ts'
import { vpnPeers } from '../../../src/routers/watch/vpn.ts'
import { openJobHouse } from '../job-house.ts'

const PEER = {
  interface: 'wg0',
  'public-key': 'abc=',
  comment: 'head office',
  'current-endpoint-address': '41.90.1.2',
  'current-endpoint-port': '51820',
  'last-handshake': '1m29s',
  rx: '1000',
  tx: '2450.9KiB',
  disabled: 'false',
}

test('a peer that has shaken hands lately is there; one that has not for long is not, and that is told once', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter()
  const peer = simulator.show('/interface/wireguard/peers', PEER)
  await house.runJob(checkRouters, {})
  await house.runJob(updateVpnStatus, {})
  const [row] = vpnPeers(house.db)
  assert.deepEqual(row, {
    id: row?.id,
    routerId,
    interface: 'wg0',
    publicKey: 'abc=',
    name: 'head office',
    endpoint: '41.90.1.2:51820',
    online: 1,
    handshakeAtMs: house.clock.nowMs() - 89_000,
    rxBytes: 1000,
    txBytes: 2509722,
    seenAtMs: house.clock.nowMs(),
    changedAtMs: house.clock.nowMs(),
  })
  peer.change({ 'last-handshake': '00:03:11' })
  await house.runJob(updateVpnStatus, {})
  await house.runJob(updateVpnStatus, {})
  const told = house.facts('vpn.status_updated').map(({ data }) => 'online' in data && data.online)
  assert.deepEqual(told, [true, false])
  peer.hide()
  await house.runJob(updateVpnStatus, {})
  assert.deepEqual(vpnPeers(house.db), [])
})

test('the peers of a router that is away are not there, and RouterOS 6 has none', async (t) => {
  const house = openJobHouse(t)
  const { simulator } = await house.openRouter()
  const old = await house.openRouter({}, { version: '6.49.17' })
  simulator.show('/interface/wireguard/peers', PEER)
  await house.runJob(checkRouters, {})
  await house.runJob(updateVpnStatus, {})
  assert.equal(vpnPeers(house.db).length, 1)
  simulator.faults.apiDown = true
  await house.runJob(checkRouters, {})
  await house.runJob(updateVpnStatus, {})
  assert.deepEqual(
    vpnPeers(house.db).map(({ online, routerId }) => [online, routerId !== old.routerId]),
    [[0, true]],
  )
})

test('what the own machine says of its peers', () => {
  const dump = [
    ['wg0', 'private', 'public', '51820', 'off'],
    ['wg0', 'peer=', '(none)', '41.90.1.2:51820', '10.0.0.2/32', '1800000000', '5', '6', '25'],
    ['wg0', 'new=', '(none)', '(none)', '10.0.0.3/32', '0', '0', '0', 'off'],
  ]
  assert.deepEqual(peersInDump(`${dump.map((fields) => fields.join('\t')).join('\n')}\n`), [
    {
      interface: 'wg0',
      publicKey: 'peer=',
      name: null,
      endpoint: '41.90.1.2:51820',
      handshakeAtMs: 1_800_000_000_000,
      rxBytes: 5,
      txBytes: 6,
    },
    { interface: 'wg0', publicKey: 'new=', name: null, endpoint: null, handshakeAtMs: null, rxBytes: 0, txBytes: 0 },
  ])
})

test('the peers of the own machine are written down for the daemon, which may not ask for them, without keys', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mlango-wireguard-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const dump = [
    ['wg0', 'the-private-key', 'public', '51820', 'off'],
    ['wg0', 'peer=', 'the-shared-key', '41.90.1.2:51820', '10.0.0.2/32', '1800000000', '5', '6', '25'],
  ]
  // A kernel that has WireGuard is not to be had on every machine.
  writeFileSync(
    join(folder, 'wg'),
    `#!/bin/sh\n[ "$*" = "show all dump" ] && cat <<'END'\n${dump.map((fields) => fields.join('\t')).join('\n')}\nEND\n`,
  )
  chmodSync(join(folder, 'wg'), 0o755)
  const script = new URL('../../../../systemd/wireguard-peers', import.meta.url).pathname
  const { status } = spawnSync('/bin/sh', [script], {
    env: { PATH: `${folder}:${process.env.PATH}`, RUNTIME_DIRECTORY: folder },
  })
  assert.equal(status, 0)
  assert.doesNotMatch(readFileSync(join(folder, 'peers'), 'utf8'), /-key/)
  const peers = await readOwnVpnPeers(AbortSignal.timeout(5_000), join(folder, 'peers'))
  assert.deepEqual(
    peers?.map(({ publicKey, rxBytes }) => [publicKey, rxBytes]),
    [['peer=', 5]],
  )
})
