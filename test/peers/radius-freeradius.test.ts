import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { changeSession } from '../../src/radius/coa-client.ts'
import { disconnect } from '../../src/radius/disconnect-client.ts'
import { SECRET } from '../radius/radius-house.ts'
import { startFreeRadius } from './freeradius.ts'
import { freeUdpPort, needs } from './radius-peer.ts'

/** FreeRADIUS in the part of the router: it ends the session of `alice`, knows no `bob`, and refuses everybody else. */
async function startFakeNas(t: TestContext) {
  const coaPort = await freeUdpPort()
  const config = `
client site {
  ipaddr = 127.0.0.1
  secret = ${SECRET}
}
modules {
  always ok {
    rcode = ok
  }
  always reject {
    rcode = reject
  }
}
server nas {
  listen {
    type = coa
    ipaddr = 127.0.0.1
    port = ${coaPort}
  }
  recv-coa {
    if (&Packet-Type == CoA-Request) {
      if (&Mikrotik-Rate-Limit == "256k/512k" && &User-Name == "alice") {
        ok
      }
      else {
        update reply {
          Error-Cause := Invalid-Attribute-Value
        }
        reject
      }
    }
    elsif (&User-Name == "alice" && &Acct-Session-Id == "8Ab0000f" && &Framed-IP-Address == 10.5.50.9) {
      ok
    }
    else {
      if (&User-Name == "bob") {
        update reply {
          Error-Cause := Session-Context-Not-Found
        }
      }
      reject
    }
  }
}
`
  const output = await startFreeRadius(t, config)
  const names = (username: string, secret = SECRET) => ({
    nas: { address: '127.0.0.1', coaPort, secret: Buffer.from(secret) },
    username,
    acctSessionId: '8Ab0000f',
    framedIpAddress: '10.5.50.9',
    macAddress: undefined,
  })
  const patience = (secret = SECRET) => ({
    signal: AbortSignal.timeout(20_000),
    waitsMs: secret === SECRET ? [5_000] : [200, 200],
  })
  const ask = (username: string, secret = SECRET) => disconnect(names(username, secret), patience(secret))
  const slowDown = (rateLimit: string) => changeSession(names('alice'), { rateLimit }, patience())
  return { ask, slowDown, output }
}

test('FreeRADIUS as the router: ended, already gone, refused', needs('freeradius'), async (t) => {
  const { ask } = await startFakeNas(t)
  assert.deepEqual(await ask('alice'), { outcome: 'disconnected' })
  assert.deepEqual(await ask('bob'), { outcome: 'already-gone' })
  assert.equal((await ask('eve')).outcome, 'refused')
})

test('FreeRADIUS as the router: with another secret it does not answer', needs('freeradius'), async (t) => {
  const { ask, output } = await startFakeNas(t)
  assert.deepEqual(await ask('alice', 'another'), { outcome: 'no-answer' })
  assert.match(output.join(''), /invalid Message-Authenticator|shared secret is incorrect/i)
})

test('FreeRADIUS as the router: new terms for a session, taken and refused', needs('freeradius'), async (t) => {
  const { slowDown } = await startFakeNas(t)
  assert.deepEqual(await slowDown('256k/512k'), { outcome: 'changed' })
  assert.deepEqual(await slowDown('nonsense'), {
    outcome: 'refused',
    errorCause: 407,
    meaning: 'invalid attribute value',
  })
})
